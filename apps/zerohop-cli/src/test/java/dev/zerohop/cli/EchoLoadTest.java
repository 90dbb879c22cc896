package dev.zerohop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.LoadReport;
import dev.zerohop.grpc.ZerohopGrpc;
import dev.zerohop.report.LoadReports;
import io.grpc.CallOptions;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.stub.ClientCalls;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The echo server reports its load, so that policies by load can be tried on it. */
class EchoLoadTest {
    private EchoServer a;
    private EchoServer b;

    @BeforeEach
    void start() throws Exception {
        a = EchoServer.start("a", "127.0.0.1", 0, 0, new EchoServer.Behaviour());
        b = EchoServer.start("b", "127.0.0.1", 0, 0, new EchoServer.Behaviour());
    }

    @AfterEach
    void stop() {
        a.close();
        b.close();
    }

    private LoadReport get(String path) throws Exception {
        URI url = URI.create("http://127.0.0.1:" + a.httpPort() + path);
        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(url).build(), HttpResponse.BodyHandlers.ofString());
        assertThat(answer.body()).isEqualTo("a");
        return LoadReports.ofHeader(
                answer.headers().firstValue(LoadReports.HEADER).orElseThrow());
    }

    @Test
    void httpAnswersHaveTheLoadAndProbesDoNotCount() throws Exception {
        a.behaviour().failPercent(100);
        assertThat(get("/load").namedMetrics()).containsEntry("requests_in_flight", 0.0);
        assertThat(a.behaviour().answers()).isZero();
        a.behaviour().failPercent(0);
        assertThat(get("/orders").namedMetrics())
                .containsEntry("requests_in_flight", 0.0)
                .doesNotContainKey("latency_ms");
        assertThat(get("/load").namedMetrics()).containsKey("latency_ms");
        assertThat(a.behaviour().answers()).isEqualTo(1);
    }

    @Test
    void grpcProbesAreAnswered() {
        ManagedChannel channel = Grpc.newChannelBuilder(
                        "static:///127.0.0.1:" + a.grpcPort() + ",127.0.0.1:" + b.grpcPort(),
                        InsecureChannelCredentials.create())
                .defaultServiceConfig(
                        Map.of("loadBalancingConfig", List.of(Map.of("zerohop", Map.of("policy", "prequal")))))
                .build();
        try {
            Awaitility.await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
                ClientCalls.blockingUnaryCall(
                        channel, EchoGrpc.method(EchoGrpc.SERVICE + "/Get"), CallOptions.DEFAULT, new byte[0]);
                assertThat(ZerohopGrpc.explain(channel)).contains(" 0 failed").contains("in flight 0.0, latency ");
            });
        } finally {
            channel.shutdownNow();
        }
    }
}
