package dev.zerohop.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.testing.FakeTime;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Over a real connection: what counts as a failure, and what a report is put into. */
class LoadReportInterceptorTest {
    private static final Metadata.Key<byte[]> TRAILER =
            Metadata.Key.of("endpoint-load-metrics-bin", Metadata.BINARY_BYTE_MARSHALLER);

    private final FakeTime time = new FakeTime();
    private final LoadReporter reporter =
            LoadReporter.builder().time(time).cpuUtilization(() -> 0.5).build();
    private Servers servers;
    private ManagedChannel channel;

    @BeforeEach
    void start() throws Exception {
        servers = new Servers(
                1,
                number -> new LoadReportInterceptor(reporter),
                number -> List.of(new HealthStatusManager().getHealthService(), new LoadReportService(reporter)));
        channel = Grpc.newChannelBuilder(
                        "127.0.0.1:" + servers.running.get(0).getPort(), InsecureChannelCredentials.create())
                .build();
    }

    @AfterEach
    void stop() {
        channel.shutdownNow();
        servers.close();
    }

    private static Metadata trailersOf(Channel channel, String request) {
        try {
            ClientCalls.blockingUnaryCall(channel, Servers.WHO, CallOptions.DEFAULT, request);
            return new Metadata();
        } catch (StatusRuntimeException failed) {
            return Status.trailersFromThrowable(failed);
        }
    }

    @Test
    void aHandlerThatThrowsHasFailed() {
        assertThatThrownBy(() -> ClientCalls.blockingUnaryCall(channel, Servers.WHO, CallOptions.DEFAULT, "throw"))
                .isInstanceOf(StatusRuntimeException.class);
        time.advance(Duration.ofSeconds(1));
        assertThat(reporter.report().errorsPerSecond()).isEqualTo(1);
    }

    @Test
    void trailersThatTheApplicationSharesAreNotWrittenTo() {
        assertThat(trailersOf(channel, "shared").containsKey(TRAILER)).isTrue();
        assertThat(trailersOf(channel, "shared").containsKey(TRAILER)).isTrue();
        assertThat(Status.trailersFromThrowable(Servers.SHARED).containsKey(TRAILER))
                .isFalse();
    }

    /** A stream of health (Watch) lives as long as its client. */
    @Test
    void healthChecksAreNoWorkOfTheServer() throws Exception {
        BlockingQueue<HealthCheckResponse> seen = new LinkedBlockingQueue<>();
        HealthGrpc.newStub(channel).watch(HealthCheckRequest.getDefaultInstance(), new StreamObserver<>() {
            @Override
            public void onNext(HealthCheckResponse response) {
                seen.add(response);
            }

            @Override
            public void onError(Throwable failed) {}

            @Override
            public void onCompleted() {}
        });
        assertThat(seen.take().getStatus()).isEqualTo(HealthCheckResponse.ServingStatus.SERVING);
        assertThat(reporter.report().namedMetrics()).containsEntry(LoadReporter.REQUESTS_IN_FLIGHT, 0.0);
        assertThat(HealthGrpc.newBlockingStub(channel)
                        .check(HealthCheckRequest.getDefaultInstance())
                        .getStatus())
                .isEqualTo(HealthCheckResponse.ServingStatus.SERVING);
        time.advance(Duration.ofSeconds(1));
        assertThat(reporter.requestsPerSecond()).isZero();
        assertThat(reporter.report().namedMetrics()).doesNotContainKey(LoadReporter.LATENCY);
    }

    @Test
    void aCallThatItsCallerCancelsIsNeitherAnsweredNorFailed() throws Exception {
        ClientCall<String, String> call = channel.newCall(Servers.WHO, CallOptions.DEFAULT);
        CompletableFuture<Status> closed = new CompletableFuture<>();
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        closed.complete(status);
                    }
                },
                new Metadata());
        call.request(1);
        call.sendMessage("hang");
        call.halfClose();
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> reporter.report().metric("named_metrics." + LoadReporter.REQUESTS_IN_FLIGHT, 0) == 1);
        call.cancel("enough", null);
        closed.get();
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> reporter.report().metric("named_metrics." + LoadReporter.REQUESTS_IN_FLIGHT, 0) == 0);
        time.advance(Duration.ofSeconds(1));
        assertThat(reporter.requestsPerSecond()).isZero();
    }
}
