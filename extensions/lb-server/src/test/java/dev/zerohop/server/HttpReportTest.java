package dev.zerohop.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.zerohop.BalancerSettings;
import dev.zerohop.okhttp.ZerohopOkHttp;
import dev.zerohop.picker.Pickers;
import dev.zerohop.picker.ReportedWeights;
import dev.zerohop.report.LoadReports;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The header of plain HTTP, from the JDK's server to a client of OkHttp. */
class HttpReportTest {

    private static HttpServer server(String name, double perCall) throws IOException {
        AtomicReference<LoadReporter> self = new AtomicReference<>();
        LoadReporter reporter = LoadReporter.builder()
                .applicationUtilization(() -> self.get().requestsPerSecond() * perCall)
                .build();
        self.set(reporter);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        server.createContext("/", exchange -> {
            LoadReporter.Request request = reporter.begin();
            try {
                exchange.getResponseHeaders().set(LoadReports.HEADER, request.header());
                byte[] body = name.getBytes(java.nio.charset.StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(200, body.length);
                exchange.getResponseBody().write(body);
                exchange.close();
            } finally {
                request.end(exchange.getResponseCode() >= 500);
            }
        });
        server.start();
        return server;
    }

    @Test
    void aServerOfWhichACallTakesTwiceAsMuchGetsHalfTheCalls() throws IOException {
        List<HttpServer> servers = new ArrayList<>();
        List<String> addresses = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            HttpServer server = server("s" + i, i == 0 ? 0.002 : 0.001);
            servers.add(server);
            addresses.add("127.0.0.1:" + server.getAddress().getPort());
        }
        ZerohopOkHttp zerohop = ZerohopOkHttp.builder()
                .route("orders", "static:///" + String.join(",", addresses))
                .settings(BalancerSettings.of(Pickers.weightedRoundRobin(ReportedWeights.builder()
                        .blackoutPeriod(Duration.ZERO)
                        .weightUpdatePeriod(Duration.ofMillis(100))
                        .build())))
                .build();
        OkHttpClient client = zerohop.install(new OkHttpClient.Builder()).build();
        try {
            Awaitility.await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
                int first = 0;
                for (int i = 0; i < 300; i++) {
                    try (Response response = client.newCall(
                                    new Request.Builder().url("http://orders/").build())
                            .execute()) {
                        first += response.body().string().equals("s0") ? 1 : 0;
                    }
                }
                assertThat(first / 300.0).isBetween(0.17, 0.23);
            });
        } finally {
            zerohop.close();
            servers.forEach(server -> server.stop(0));
        }
    }
}
