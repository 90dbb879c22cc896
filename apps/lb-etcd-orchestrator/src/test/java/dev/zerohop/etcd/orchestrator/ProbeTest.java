package dev.zerohop.etcd.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Int32Value;
import com.google.protobuf.StringValue;
import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.Prober;
import dev.zerohop.testing.FreePorts;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each kind of probe against a real server. */
class ProbeTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open) {
            each.close();
        }
    }

    private Prober.Target line(Probe probe, int port) {
        Prober.Target line = probe.newProber(PATIENCE).connect(Endpoint.of("127.0.0.1", port));
        open.add(line);
        return line;
    }

    /** What one probe says; "well" if it is. */
    private static String ask(Prober.Target line) throws Exception {
        CompletableFuture<String> said = new CompletableFuture<>();
        Cancellable ignored = line.probe(
                Env.system().blocking(),
                result -> said.complete(result.equals(Prober.Result.OK) ? "well" : result.reason()));
        return said.get(60, TimeUnit.SECONDS);
    }

    @Test
    void httpIsWellWithinItsStatuses() throws Exception {
        ProbedServer server = new ProbedServer();
        open.add(server);
        Prober.Target line = line(Probe.http("/health?full"), server.port());
        assertThat(ask(line)).isEqualTo("well");
        server.status = 302;
        assertThat(ask(line)).isEqualTo("GET /health?full answered 302, expected 200 to 299");
        assertThat(ask(line(Probe.http("/health", 200, 399), server.port()))).isEqualTo("well");
        assertThat(ask(line(Probe.http("/other"), server.port()))).contains("answered 404");
        assertThat(ask(line(Probe.http("/health"), FreePorts.next()))).contains("refused");
    }

    @Test
    void tcpIsWellWhenItConnects() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Prober.Target line = line(Probe.tcp(), server.getLocalPort());
            assertThat(ask(line)).isEqualTo("well");
            assertThat(ask(line)).isEqualTo("well");
        }
        assertThat(ask(line(Probe.tcp(), FreePorts.next()))).contains("refused");
        Prober.Target nowhere = Probe.tcp().newProber(PATIENCE).connect(Endpoint.of("no-such-host.invalid", 80));
        assertThat(ask(nowhere)).isEqualTo("its host name no-such-host.invalid cannot be resolved");
    }

    @Test
    void grpcIsWellWhenTheServiceIsServingAlsoAfterItWasDown() throws Exception {
        int port = FreePorts.next();
        Prober.Target line = line(Probe.grpc("orders"), port);
        assertThat(ask(line)).contains("UNAVAILABLE").contains("refused");
        int[] status = {1};
        List<String> asked = new ArrayList<>();
        Server server = NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", port))
                .addService(ServerServiceDefinition.builder("grpc.health.v1.Health")
                        .addMethod(GrpcProber.CHECK, ServerCalls.asyncUnaryCall((service, answer) -> {
                            asked.add(service.getValue());
                            if (status[0] < 0) {
                                answer.onError(Status.NOT_FOUND
                                        .withDescription("no\nERROR forged\u001b[2J")
                                        .asRuntimeException());
                                return;
                            }
                            answer.onNext(Int32Value.of(status[0]));
                            answer.onCompleted();
                        }))
                        .build())
                .build()
                .start();
        open.add(server::shutdownNow);
        assertThat(ask(line)).as("at once, without a channel's back-off").isEqualTo("well");
        assertThat(asked).containsExactly("orders");
        status[0] = 2;
        assertThat(ask(line)).isEqualTo("the health check of 'orders' answered NOT_SERVING, expected SERVING");
        status[0] = -1;
        assertThat(ask(line))
                .as("an endpoint's own words reach logs, verdicts and terminals")
                .contains("the health check answered NOT_FOUND", "no ERROR forged\\u001b[2J")
                .doesNotContainPattern("\\p{Cc}");
        status[0] = 1;
        assertThat(ask(line)).isEqualTo("well");
    }

    /** The bytes of the published protocol: field 1, length-delimited and varint. */
    @Test
    void theMessagesOfTheHealthCheckAreThoseOfTheProtocol() throws Exception {
        assertThat(GrpcProber.CHECK.streamRequest(StringValue.of("ab")).readAllBytes())
                .containsExactly(0x0a, 2, 'a', 'b');
        assertThat(GrpcProber.CHECK.streamResponse(Int32Value.of(1)).readAllBytes())
                .containsExactly(0x08, 1);
        assertThat(GrpcProber.CHECK
                        .parseResponse(new java.io.ByteArrayInputStream(new byte[] {0x12, 1, 'x', 0x08, 2}))
                        .getValue())
                .as("unknown fields are skipped")
                .isEqualTo(2);
        assertThat(GrpcProber.CHECK
                        .parseResponse(new java.io.ByteArrayInputStream(new byte[0]))
                        .getValue())
                .isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http:/health",
                "http:/health?deep=1",
                "grpc:orders.v1.Orders",
                "grpc:",
                "tcp",
                "https:/health",
                "grpcs:orders",
                "tls"
            })
    void isReadAsItIsWritten(String text) {
        assertThat(Probe.parse(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "http",
                "http:health",
                "http:/a b",
                "http:/a#b",
                "tcp:80",
                "udp",
                "https",
                "https:health",
                "tls:443"
            })
    void isRefused(String text) {
        assertThatThrownBy(() -> Probe.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("expected");
    }
}
