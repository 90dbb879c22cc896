package dev.zerohop.grpc;

import static dev.zerohop.grpc.Fleet.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.BalancerListener;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.Env;
import dev.zerohop.Health;
import dev.zerohop.LoadMetric;
import dev.zerohop.Outcome;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.Snapshot;
import dev.zerohop.Time;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ClientStreamTracer;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the application's code throws on the request path fails one call, and no other. */
@Timeout(120)
class ForeignCodeTest {
    private static final EndpointSelector BROKEN = () -> {
        throw new IllegalStateException("no customer is logged in");
    };

    private static CallOptions keyed(EndpointSelector selector) {
        return CallOptions.DEFAULT.withOption(ZerohopGrpc.SELECTOR, selector);
    }

    private static Future<String> call(ManagedChannel channel, EndpointSelector selector) {
        return ClientCalls.futureUnaryCall(channel.newCall(TestServer.ECHO, keyed(selector)), "x");
    }

    private static Status statusOf(Future<String> call) throws Exception {
        try {
            call.get(60, TimeUnit.SECONDS);
            return Status.OK;
        } catch (ExecutionException failed) {
            return ((StatusRuntimeException) failed.getCause()).getStatus();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aSelectorThatThrowsWhileItsCallIsBufferedFailsThatCallAlone(boolean intercepted) throws Exception {
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = new Fleet()) {
            fleet.add("a-0");
            fleet.add("a-1");
            var builder = fleet.builder().defaultServiceConfig(policy.serviceConfig("{'policy': 'shard'}", null));
            ManagedChannel channel = fleet.built(intercepted ? builder.intercept(ZerohopGrpc.interceptor()) : builder);
            // Nothing is known yet: all of these are buffered, the broken one among them.
            List<Future<String>> good = new ArrayList<>();
            good.add(call(channel, EndpointSelector.of(1)));
            Future<String> bad = call(channel, BROKEN);
            good.add(call(channel, EndpointSelector.of(2)));
            fleet.name("a-0", "a-1");
            Status status = statusOf(bad);
            assertThat(status.getCode()).isEqualTo(intercepted ? Status.Code.INVALID_ARGUMENT : Status.Code.INTERNAL);
            assertThat(status.getDescription())
                    .contains("EndpointSelector")
                    .contains("threw IllegalStateException: no customer is logged in")
                    .contains("expected a key");
            for (Future<String> call : good) {
                assertThat(call.get(60, TimeUnit.SECONDS)).startsWith("a-");
            }
            // And every later picker lives.
            fleet.add("a-2");
            fleet.name("a-0", "a-1", "a-2");
            await().until(() -> policy.balancer().current().snapshot().members().size() == 3);
            for (int i = 0; i < 20; i++) {
                assertThat(TestServer.call(
                                channel, keyed(EndpointSelector.of(i)).withWaitForReady(), "x"))
                        .startsWith("a-");
            }
            assertThatThrownBy(() -> TestServer.call(channel, keyed(BROKEN), "x"))
                    .hasMessageContaining("no customer is logged in");
            AttemptsTest.awaitNothingInFlight(policy);
        }
    }

    /** Beside the pick itself the policy asks for the key again, to say whether an attempt was spilled: that is worth no call. */
    @Test
    void aSelectorThatThrowsBesideThePickCostsNoCall() throws Exception {
        EndpointSelector moody = () -> {
            if (StackWalker.getInstance()
                    .walk(frames ->
                            frames.anyMatch(frame -> frame.getMethodName().equals("spilled")))) {
                throw new IllegalStateException("asked too often");
            }
            return 7;
        };
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = new Fleet()) {
            fleet.add("a-0");
            fleet.add("a-1");
            ManagedChannel channel = fleet.built(fleet.builder()
                    .defaultServiceConfig(policy.serviceConfig("{'policy': {'shard': {'ownerDown': 'SPILL'}}}", null)));
            Future<String> buffered = call(channel, moody);
            Future<String> other = call(channel, EndpointSelector.of(2));
            fleet.name("a-0", "a-1");
            assertThat(buffered.get(60, TimeUnit.SECONDS)).startsWith("a-");
            assertThat(other.get(60, TimeUnit.SECONDS)).startsWith("a-");
            assertThat(call(channel, moody).get(60, TimeUnit.SECONDS)).startsWith("a-");
            AttemptsTest.awaitNothingInFlight(policy);
        }
    }

    /** The channel's buffer never recovers from an exception that comes out of a picker, wherever it is from. */
    @Test
    void anExceptionThatCannotBeDescribedFailsItsCallAlone() throws Exception {
        EndpointSelector unspeakable = () -> {
            throw new IllegalStateException() {
                @Override
                public String getMessage() {
                    throw new UnsupportedOperationException("no\u001b[2J words");
                }
            };
        };
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = new Fleet()) {
            fleet.add("a-0");
            fleet.add("a-1");
            ManagedChannel channel = fleet.built(
                    fleet.builder().defaultServiceConfig(policy.serviceConfig("{'policy': 'shard'}", null)));
            Future<String> bad = call(channel, unspeakable);
            Future<String> good = call(channel, EndpointSelector.of(2));
            fleet.name("a-0", "a-1");
            Status status = statusOf(bad);
            assertThat(status.getCode()).isEqualTo(Status.Code.INTERNAL);
            assertThat(status.getDescription())
                    .contains("fleet: policy shard threw")
                    .contains("no\\u001b[2J words");
            assertThat(good.get(60, TimeUnit.SECONDS)).startsWith("a-");
            assertThat(call(channel, EndpointSelector.of(3)).get(60, TimeUnit.SECONDS))
                    .startsWith("a-");
        }
    }

    /** It runs where the channel's own changes do: what came out of it there would end the channel. */
    @Test
    void aSelectorThatCannotBeShownCostsAnExplanationAndNoChannel() throws Exception {
        EndpointSelector nameless = new EndpointSelector() {
            @Override
            public int hashableIdentifier() {
                return 7;
            }

            @Override
            public String toString() {
                throw new UnsupportedOperationException("no name");
            }
        };
        try (Fleet fleet = Fleet.of("a-0", "a-1")) {
            ManagedChannel channel = fleet.channel("{'policy': 'shard'}");
            assertThat(call(channel, EndpointSelector.of(2)).get(60, TimeUnit.SECONDS))
                    .startsWith("a-");
            assertThat(ZerohopGrpc.explain(channel, keyed(nameless))).contains("no name");
            assertThat(call(channel, EndpointSelector.of(2)).get(60, TimeUnit.SECONDS))
                    .startsWith("a-");
        }
    }

    @Test
    void aListenerThatThrowsDisturbsNoCall() throws Exception {
        BalancerListener broken = new BalancerListener() {
            @Override
            public void onPick(String service, Endpoint endpoint) {
                throw new IllegalStateException("broken");
            }

            @Override
            public void onOutcome(String service, Endpoint endpoint, Outcome outcome, long latencyNanos) {
                throw new IllegalStateException("broken");
            }

            @Override
            public void onMembership(String service, int members, int added, int removed, int held) {
                throw new IllegalStateException("broken");
            }

            @Override
            public void onConfigurationRejected(String service, String reason) {
                throw new IllegalStateException("broken");
            }
        };
        try (Fleet fleet = Fleet.of("a", "b")) {
            ManagedChannel channel = fleet.built(fleet.builder().setNameResolverArg(ZerohopGrpc.LISTENER, broken));
            RoutingTest.awaitAll(channel, "a", "b");
            fleet.configure("{\"policy\": \"no such policy\"}");
            fleet.name("a");
            await().until(() -> RoutingTest.spread(channel, 10).keySet().equals(Set.of("a")));
            fleet.name("a", "b");
            RoutingTest.awaitAll(channel, "a", "b");
        }
    }

    private static LoadMetric brokenLoad() {
        return new LoadMetric() {
            @Override
            public String name() {
                return "broken";
            }

            @Override
            public boolean timed() {
                return true;
            }

            @Override
            public Load newLoad() {
                return new Load() {
                    @Override
                    public void started(long nowNanos) {
                        throw new AssertionError("started");
                    }

                    @Override
                    public void answered(long nowNanos, long latencyNanos) {
                        throw new AssertionError("answered");
                    }

                    @Override
                    public void ended(long nowNanos, long latencyNanos, Outcome outcome, boolean answered) {
                        throw new AssertionError("ended");
                    }

                    @Override
                    public double value(long nowNanos, int inFlight) {
                        throw new AssertionError("value");
                    }
                };
            }
        };
    }

    /** A tracer that throws would end the connection, with the calls of others on it. */
    @Test
    void aLoadMetricThatThrowsCostsNeitherCallsNorCounts() throws Exception {
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = Fleet.of("a", "b")) {
            ManagedChannel channel =
                    fleet.built(fleet.builder().defaultServiceConfig(policy.serviceConfig("{}", null)));
            RoutingTest.awaitAll(channel, "a", "b");
            BalancerSettings settings = policy.balancer().current().settings();
            PickPolicy before = settings.policy();
            policy.balancer().apply(settings.withPolicy(new PickPolicy() {
                @Override
                public String name() {
                    return "broken";
                }

                @Override
                public LoadMetric loadMetric() {
                    return brokenLoad();
                }

                @Override
                public Picker newPicker(Snapshot snapshot, Env env) {
                    return before.newPicker(snapshot, env);
                }
            }));
            await().until(() ->
                    policy.balancer().current().settings().policy().name().equals("broken"));
            for (int i = 0; i < 20; i++) {
                assertThat(TestServer.call(channel)).isIn("a", "b");
            }
            AttemptsTest.awaitNothingInFlight(policy);
        }
    }

    /** The channel's timers, which refuse what is to be done at once. */
    private static final class Timers {
        private volatile boolean refusing;
        private final AtomicInteger refused = new AtomicInteger();

        Time over(Time time) {
            return new Time() {
                @Override
                public long nanoTime() {
                    return time.nanoTime();
                }

                @Override
                public Instant now() {
                    return time.now();
                }

                @Override
                public Cancellable schedule(long delayNanos, Runnable task) {
                    if (refusing && delayNanos == 0) {
                        refused.incrementAndGet();
                        throw new RejectedExecutionException("the application's timers are shut down");
                    }
                    return time.schedule(delayNanos, task);
                }
            };
        }
    }

    private static final String SENSITIVE =
            "{'policy': 'round_robin', 'health': {'ejection': {'consecutiveFailures': 1,"
                    + " 'errorResponses': true, 'baseTime': '10ms', 'maxTime': '10ms', 'jitter': '0s', 'maxPercent': 100}}}";

    @Test
    void timersThatRefuseAReviewLoseNoEndOfACall() throws Exception {
        Timers timers = new Timers();
        try (RecordingPolicy policy = new RecordingPolicy(timers::over);
                Fleet fleet = Fleet.of("a")) {
            ManagedChannel channel =
                    fleet.built(fleet.builder().defaultServiceConfig(policy.serviceConfig(SENSITIVE, null)));
            RoutingTest.awaitAll(channel, "a");
            TestServer server = fleet.server("a");
            server.fails = request -> Status.UNAVAILABLE.withDescription("no database");
            timers.refusing = true;
            assertThat(statusOf(ClientCalls.futureUnaryCall(channel.newCall(TestServer.ECHO, CallOptions.DEFAULT), "x"))
                            .getDescription())
                    .isEqualTo("no database");
            assertThat(timers.refused).hasPositiveValue();
            server.fails = request -> Status.OK;
            assertThat(TestServer.call(channel)).isEqualTo("a");
            AttemptsTest.awaitNothingInFlight(policy);
        }
    }

    @Test
    void timersThatRefuseAReviewLoseNoAnswer() throws Exception {
        Timers timers = new Timers();
        try (RecordingPolicy policy = new RecordingPolicy(timers::over);
                Fleet fleet = Fleet.of("a", "b")) {
            ManagedChannel channel =
                    fleet.built(fleet.builder().defaultServiceConfig(policy.serviceConfig(SENSITIVE, null)));
            RoutingTest.awaitAll(channel, "a", "b");
            TestServer server = fleet.server("a");
            server.fails = request -> Status.UNAVAILABLE.withDescription("no database");
            await().until(() -> {
                statusOf(ClientCalls.futureUnaryCall(channel.newCall(TestServer.ECHO, CallOptions.DEFAULT), "x"));
                return policy.balancer().current().snapshot().members().stream()
                        .anyMatch(node -> node.health().status() != Health.Status.HEALTHY);
            });
            server.fails = request -> Status.OK;
            await().until(() -> policy.balancer().current().snapshot().members().stream()
                    .anyMatch(node -> node.health().status() == Health.Status.HALF_OPEN));
            timers.refusing = true;
            for (int i = 0; i < 20; i++) {
                assertThat(TestServer.call(channel)).isIn("a", "b");
            }
            assertThat(timers.refused).as("the probe call was answered").hasPositiveValue();
            AttemptsTest.awaitNothingInFlight(policy);
        }
    }

    /** The hedge must not take the place of an answer that has come, though grpc has not committed to it yet. */
    @Test
    void anOkByTrailersAloneStaysOkWhenAHedgeWasHeldBack() throws Exception {
        List<Runnable> answers = Collections.synchronizedList(new ArrayList<>());
        try (Fleet fleet = new Fleet();
                RawServer server = new RawServer((on, stream) -> answers.add(() -> {
                    try {
                        on.trailersOnly(stream, 0);
                    } catch (IOException failed) {
                        throw new UncheckedIOException(failed);
                    }
                }))) {
            fleet.push(List.of(
                    Endpoint.builder("127.0.0.1", server.port()).id("raw").build()));
            try (RecordingPolicy policy = new RecordingPolicy()) {
                ManagedChannel channel = fleet.built(fleet.builder()
                        .intercept(ZerohopGrpc.interceptor())
                        .defaultServiceConfig(policy.serviceConfig(
                                "{'retry': {'budgetPercent': 0, 'minPerSecond': 0}}",
                                "{'name': [{}], 'hedgingPolicy': {'maxAttempts': 3, 'hedgingDelay': '0.01s',"
                                        + " 'nonFatalStatusCodes': ['UNAVAILABLE']}}")));
                for (int i = 0; i < 20; i++) {
                    HeldHedges held = new HeldHedges();
                    CompletableFuture<Status> end = new CompletableFuture<>();
                    ClientCall<String, String> call =
                            channel.newCall(TestServer.DOWN, CallOptions.DEFAULT.withStreamTracerFactory(held));
                    ClientCalls.asyncServerStreamingCall(call, "x", new Ended(end));
                    int expected = i + 1;
                    // The budget is empty: the hedge is held back.
                    await().until(() -> answers.size() == expected && held.count.get() > 0);
                    answers.get(i).run();
                    assertThat(end.get(60, TimeUnit.SECONDS).getCode())
                            .as("call %s", i)
                            .isEqualTo(Status.Code.OK);
                }
                AttemptsTest.awaitNothingInFlight(policy);
            }
        }
    }

    /** Counts hedges that grpc buffers. */
    private static final class HeldHedges extends ClientStreamTracer.Factory {
        private final AtomicInteger count = new AtomicInteger();

        @Override
        public ClientStreamTracer newClientStreamTracer(ClientStreamTracer.StreamInfo info, Metadata headers) {
            return new ClientStreamTracer() {
                @Override
                public void createPendingStream() {
                    if (info.getPreviousAttempts() > 0) {
                        count.incrementAndGet();
                    }
                }
            };
        }
    }

    private record Ended(CompletableFuture<Status> end) implements StreamObserver<String> {
        @Override
        public void onNext(String value) {}

        @Override
        public void onError(Throwable failed) {
            end.complete(Status.fromThrowable(failed));
        }

        @Override
        public void onCompleted() {
            end.complete(Status.OK);
        }
    }
}
