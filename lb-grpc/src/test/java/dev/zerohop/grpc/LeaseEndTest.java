package dev.zerohop.grpc;

import static dev.zerohop.grpc.Fleet.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.Health;
import dev.zerohop.Outcome;
import dev.zerohop.testing.FreePorts;
import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams that are picked and never start: grpc says nothing of their end, and nothing may be counted. */
@Timeout(60)
class LeaseEndTest {

    private final ScheduledExecutorService timers = Executors.newSingleThreadScheduledExecutor();

    @AfterEach
    void endTimers() {
        timers.shutdownNow();
    }

    private enum Ending {
        CANCEL,
        DEADLINE
    }

    @ParameterizedTest
    @EnumSource(Ending.class)
    void aBufferedCallThatEndsWhileItIsPickedIsNotCounted(Ending ending) throws Exception {
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = new Fleet()) {
            fleet.add("a-0");
            ManagedChannel channel = fleet.built(
                    fleet.builder().defaultServiceConfig(policy.serviceConfig("{'policy': 'shard'}", null)));
            // The channel is resolved and its endpoint down, so that the call is buffered when start() returns.
            fleet.push(List.of(down("a-0")));
            CallOptions keyed = CallOptions.DEFAULT.withOption(ZerohopGrpc.SELECTOR, EndpointSelector.of(7));
            assertThatThrownBy(() -> TestServer.call(channel, keyed, "refused")).hasMessageContaining("UNAVAILABLE");
            AtomicReference<Runnable> end = new AtomicReference<>();
            CountDownLatch ended = new CountDownLatch(1);
            EndpointSelector endsItsCall = () -> {
                Health health =
                        policy.balancer().current().snapshot().members().get(0).health();
                if (health.status() == Health.Status.HEALTHY) {
                    // This pick succeeds. Before it does, the call is over.
                    end.get().run();
                    pauseFor(ended);
                }
                return 7;
            };
            CallOptions options = CallOptions.DEFAULT.withWaitForReady().withOption(ZerohopGrpc.SELECTOR, endsItsCall);
            // With a timer of its own: the channel's may run on the thread that picks.
            Context context = ending == Ending.CANCEL
                    ? Context.ROOT
                    : Context.ROOT.withDeadlineAfter(3, TimeUnit.SECONDS, timers);
            ClientCall<String, String> call = context.call(() -> channel.newCall(TestServer.ECHO, options));
            end.set(ending == Ending.CANCEL ? () -> call.cancel("enough", null) : () -> {});
            ClientCalls.asyncUnaryCall(call, "buffered", new Ended(ended));
            fleet.name("a-0");
            assertThat(ended.await(60, TimeUnit.SECONDS)).isTrue();
            assertThat(TestServer.call(channel, keyed.withWaitForReady(), "next"))
                    .isEqualTo("a-0");
            assertThat(fleet.server("a-0").log).containsExactly("next");
            AttemptsTest.awaitNothingInFlight(policy);
        }
    }

    private record Ended(CountDownLatch latch) implements StreamObserver<String> {
        @Override
        public void onNext(String value) {}

        @Override
        public void onError(Throwable failed) {
            latch.countDown();
        }

        @Override
        public void onCompleted() {
            latch.countDown();
        }
    }

    private static Endpoint down(String id) {
        return Endpoint.builder("127.0.0.1", FreePorts.next()).id(id).ordinal(0).build();
    }

    private static void pauseFor(CountDownLatch latch) {
        try {
            latch.await(60, TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aRetryThatWaitsForItsTurnIsNotUnderWay(boolean intercepted) throws Exception {
        OutcomeLog outcomes = new OutcomeLog();
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = Fleet.of("a")) {
            var builder = fleet.builder()
                    .setNameResolverArg(ZerohopGrpc.LISTENER, outcomes)
                    .defaultServiceConfig(policy.serviceConfig(
                            "{}",
                            "{'name': [{}], 'retryPolicy': {'maxAttempts': 3, 'initialBackoff': '1000s', 'maxBackoff':"
                                    + " '1000s', 'backoffMultiplier': 1, 'retryableStatusCodes': ['UNAVAILABLE']}}"));
            ManagedChannel channel = fleet.built(intercepted ? builder.intercept(ZerohopGrpc.interceptor()) : builder);
            fleet.server("a").fails = request -> Status.UNAVAILABLE;
            Future<String> call =
                    ClientCalls.futureUnaryCall(channel.newCall(TestServer.ECHO, CallOptions.DEFAULT), "x");
            await().until(() -> outcomes.outcomes().contains(Outcome.ERROR_RESPONSE));
            // The retry has been picked by now, or will be before the call is cancelled.
            AttemptsTest.awaitNothingInFlight(policy);
            call.cancel(true);
            fleet.server("a").fails = request -> Status.OK;
            assertThat(TestServer.call(channel)).isEqualTo("a");
            AttemptsTest.awaitNothingInFlight(policy);
            assertThat(outcomes.outcomes()).containsExactly(Outcome.ERROR_RESPONSE, Outcome.SUCCESS);
        }
    }

    /** Credentials whose answer is in the test's hand. */
    private static final class LateCredentials extends CallCredentials {
        private final AtomicReference<MetadataApplier> applier = new AtomicReference<>();

        @Override
        public void applyRequestMetadata(RequestInfo info, Executor executor, MetadataApplier given) {
            applier.set(given);
        }
    }

    @Test
    void aCallThatEndsBeforeItsCredentialsComeIsNotCounted() throws Exception {
        OutcomeLog outcomes = new OutcomeLog();
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = Fleet.of("a")) {
            ManagedChannel channel = fleet.built(fleet.builder()
                    .setNameResolverArg(ZerohopGrpc.LISTENER, outcomes)
                    .defaultServiceConfig(policy.serviceConfig("{}", null)));
            LateCredentials credentials = new LateCredentials();
            ClientCall<String, String> call =
                    channel.newCall(TestServer.ECHO, CallOptions.DEFAULT.withCallCredentials(credentials));
            CompletableFuture<Status> end = new CompletableFuture<>();
            call.start(
                    new ClientCall.Listener<>() {
                        @Override
                        public void onClose(Status status, Metadata trailers) {
                            end.complete(status);
                        }
                    },
                    new Metadata());
            call.sendMessage("x");
            call.halfClose();
            await().until(() -> credentials.applier.get() != null);
            call.cancel("no longer wanted", null);
            assertThat(end.get(60, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.CANCELLED);
            credentials.applier.get().apply(new Metadata());
            assertThat(TestServer.call(channel)).isEqualTo("a");
            AttemptsTest.awaitNothingInFlight(policy);
            assertThat(outcomes.outcomes()).containsExactly(Outcome.SUCCESS);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"at once", "late", "by an exception"})
    void credentialsThatFailCountAgainstNoEndpoint(String how) throws Exception {
        OutcomeLog outcomes = new OutcomeLog();
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = Fleet.of("a", "b", "c")) {
            ManagedChannel channel = fleet.built(fleet.builder()
                    .setNameResolverArg(ZerohopGrpc.LISTENER, outcomes)
                    .defaultServiceConfig(policy.serviceConfig("{}", null)));
            RoutingTest.awaitAll(channel, "a", "b", "c");
            await().until(() -> outcomes.underWay() == 0);
            outcomes.clear();
            CallCredentials failing = new CallCredentials() {
                @Override
                public void applyRequestMetadata(RequestInfo info, Executor executor, MetadataApplier applier) {
                    Status down = Status.UNAVAILABLE.withDescription("the token server is down");
                    switch (how) {
                        case "at once" -> applier.fail(down);
                        case "late" -> executor.execute(() -> applier.fail(down));
                        default -> throw new IllegalStateException("the token server is down");
                    }
                }
            };
            for (int i = 0; i < 30; i++) {
                assertThatThrownBy(() -> TestServer.call(
                                channel, CallOptions.DEFAULT.withCallCredentials(failing), "never arrives"))
                        .hasStackTraceContaining("the token server is down");
            }
            assertThat(outcomes.begun()).isZero();
            assertThat(policy.balancer().current().snapshot().members())
                    .allMatch(node -> node.health().status() == Health.Status.HEALTHY);
            AttemptsTest.awaitNothingInFlight(policy);
        }
    }
}
