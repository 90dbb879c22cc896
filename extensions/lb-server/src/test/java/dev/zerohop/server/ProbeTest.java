package dev.zerohop.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.LoadReport;
import dev.zerohop.Prober;
import dev.zerohop.Prober.Result;
import dev.zerohop.okhttp.ZerohopOkHttp;
import dev.zerohop.picker.Pickers;
import dev.zerohop.testing.CapturingPolicy;
import io.grpc.BindableService;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.services.MetricRecorder;
import io.grpc.xds.orca.OrcaServiceImpl;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Load probes as a policy makes them, through a whole client, of real servers. */
@Timeout(180)
class ProbeTest {
    private final LoadReporter reporter = LoadReporter.builder()
            .applicationUtilization(() -> 0.25)
            .namedMetric("queue", () -> 7)
            .build();
    private final BlockingQueue<Result> results = new LinkedBlockingQueue<>();
    private final ScheduledExecutorService timers = Executors.newSingleThreadScheduledExecutor();

    @BeforeEach
    void forgetOthers() {
        CapturingPolicy.Provider.policy().clear();
    }

    @AfterEach
    void stop() {
        timers.shutdownNow();
    }

    private Result probe(Env env, Prober.Target target) throws InterruptedException {
        Cancellable ignored = target.probe(env.blocking(), results::add);
        Result result = results.poll(60, TimeUnit.SECONDS);
        assertThat(result).as("a result").isNotNull();
        return result;
    }

    private static LoadReport load(Result result) {
        assertThat(result.load()).as(result.toString()).isNotNull();
        return result.load();
    }

    /** What the probes of a channel's first server bring, after a call. */
    private LoadReport overGrpc(BindableService service) throws Exception {
        try (Servers servers =
                new Servers(1, number -> new LoadReportInterceptor(reporter), number -> List.of(service))) {
            ManagedChannel channel = Grpc.newChannelBuilder(
                            servers.zerohopTarget(), InsecureChannelCredentials.create())
                    .defaultServiceConfig(Map.of(
                            "loadBalancingConfig",
                            List.of(Map.of("zerohop", Map.of("policy", Map.of("test.capturing", Map.of()))))))
                    .build();
            try {
                assertThat(Servers.call(channel)).isEqualTo("0");
                Env env = CapturingPolicy.Provider.policy().takeEnv();
                int port = servers.running.get(0).getPort();
                Prober prober = env.probes().load("/load");
                assertThat(prober).isNotNull();
                return load(probe(env, prober.connect(Endpoint.of("127.0.0.1", port))));
            } finally {
                channel.shutdown();
                assertThat(channel.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
            }
        }
    }

    @Test
    void ourProbesOfOurServers() throws Exception {
        LoadReport report = overGrpc(new LoadReportService(reporter));
        assertThat(report.applicationUtilization()).isEqualTo(0.25);
        assertThat(report.namedMetrics())
                .containsEntry("queue", 7.0)
                .containsEntry(LoadReporter.REQUESTS_IN_FLIGHT, 0.0)
                .containsKey(LoadReporter.LATENCY);
    }

    @Test
    void ourProbesOfServersOfGrpc() throws Exception {
        MetricRecorder recorder = MetricRecorder.newInstance();
        recorder.setApplicationUtilizationMetric(0.75);
        assertThat(overGrpc(OrcaServiceImpl.createService(timers, recorder)).applicationUtilization())
                .isEqualTo(0.75);
    }

    @Test
    void ourProbesOfServersOfHttp() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        server.createContext("/load", exchange -> {
            exchange.getResponseHeaders().set("endpoint-load-metrics", reporter.header());
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        server.createContext("/", exchange -> {
            LoadReporter.Request request = reporter.begin();
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
            request.end(false);
        });
        server.start();
        String address = "127.0.0.1:" + server.getAddress().getPort();
        CapturingPolicy policy = new CapturingPolicy(Pickers.roundRobin());
        ZerohopOkHttp zerohop = ZerohopOkHttp.builder()
                .route("orders", "static:///" + address)
                .settings(BalancerSettings.of(policy))
                .build();
        OkHttpClient client = zerohop.install(new OkHttpClient.Builder()).build();
        try {
            try (Response response = client.newCall(
                            new Request.Builder().url("http://orders/").build())
                    .execute()) {
                assertThat(response.code()).isEqualTo(204);
            }
            Env env = policy.takeEnv();
            Prober prober = env.probes().load("/load");
            assertThat(prober).isNotNull();
            Prober.Target target =
                    prober.connect(Endpoint.of("127.0.0.1", server.getAddress().getPort()));
            for (int i = 0; i < 3; i++) {
                assertThat(load(probe(env, target)).namedMetrics())
                        .containsEntry("queue", 7.0)
                        .containsEntry(LoadReporter.REQUESTS_IN_FLIGHT, 0.0)
                        .containsKey(LoadReporter.LATENCY);
            }
        } finally {
            zerohop.close();
            server.stop(0);
        }
    }
}
