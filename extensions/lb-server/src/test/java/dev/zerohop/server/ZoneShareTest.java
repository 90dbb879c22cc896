package dev.zerohop.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Locality;
import dev.zerohop.okhttp.ZerohopOkHttp;
import dev.zerohop.picker.Pickers;
import dev.zerohop.report.LoadReports;
import dev.zerohop.stage.ZoneLoad;
import dev.zerohop.stage.ZonePreference;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Servers of two zones report their load, and the share of the client's own zone follows it, over real connections and by the real clock. */
class ZoneShareTest {
    private static final int CALLS = 100;

    /** By zone; what the application says of itself. */
    private final Map<String, Double> used = new ConcurrentHashMap<>(Map.of("a", 0.9, "b", 0.2));

    private final List<HttpServer> servers = new ArrayList<>();

    private String server(String zone) throws IOException {
        LoadReporter reporter = LoadReporter.builder()
                .applicationUtilization(() -> used.getOrDefault(zone, 0.0))
                .build();
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        server.createContext("/", exchange -> {
            LoadReporter.Request request = reporter.begin();
            try {
                exchange.getResponseHeaders().set(LoadReports.HEADER, request.header());
                byte[] body = zone.getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(200, body.length);
                exchange.getResponseBody().write(body);
                exchange.close();
            } finally {
                request.end(exchange.getResponseCode() >= 500);
            }
        });
        server.start();
        servers.add(server);
        return "127.0.0.1:" + server.getAddress().getPort() + ";zone=" + zone;
    }

    private static double shareOfOwnZone(OkHttpClient client) throws IOException {
        int own = 0;
        for (int i = 0; i < CALLS; i++) {
            try (Response response = client.newCall(
                            new Request.Builder().url("http://orders/").build())
                    .execute()) {
                own += response.body().string().equals("a") ? 1 : 0;
            }
        }
        return (double) own / CALLS;
    }

    @Test
    void theShareOfTheOwnZoneFollowsWhatItsServersReport() throws IOException {
        List<String> addresses = List.of(server("a"), server("b"), server("a"), server("b"));
        ZoneLoad everySecond = new ZoneLoad(Duration.ofSeconds(1), 25, 10, 5, Duration.ofMinutes(3), List.of());
        ZerohopOkHttp zerohop = ZerohopOkHttp.builder()
                .route("orders", "static:///" + String.join(",", addresses))
                .settings(BalancerSettings.builder(Pickers.leastRequest())
                        .stages(List.of(ZonePreference.builder()
                                .prefer(ZonePreference.Prefer.OWN)
                                .client(new Locality("a", null))
                                .minEndpoints(0)
                                .reportedLoad(everySecond)
                                .build()))
                        .build())
                .build();
        OkHttpClient client = zerohop.install(new OkHttpClient.Builder()).build();
        try {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> assertThat(shareOfOwnZone(client)).isLessThan(0.4));
            used.put("a", 0.2);
            used.put("b", 0.9);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> assertThat(shareOfOwnZone(client)).isGreaterThan(0.85));
        } finally {
            zerohop.close();
            servers.forEach(server -> server.stop(0));
        }
    }
}
