package dev.zerohop.grpc;

import static dev.zerohop.grpc.Fleet.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.BalancerListener;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.Outcome;
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
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
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
            await().until(() -> policy.balancer().snapshot().members().size() == 3);
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

    /** Beside the pick itself the policy asks for the key again, to say whether an attempt was spilled. */
    @Test
    void aSelectorThatThrowsBesideThePickFailsItsCallAlone() throws Exception {
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
            Future<String> bad = call(channel, moody);
            Future<String> good = call(channel, EndpointSelector.of(2));
            fleet.name("a-0", "a-1");
            Status status = statusOf(bad);
            assertThat(status.getCode()).isEqualTo(Status.Code.INTERNAL);
            assertThat(status.getDescription())
                    .contains("fleet: policy shard threw")
                    .contains("asked too often");
            assertThat(good.get(60, TimeUnit.SECONDS)).startsWith("a-");
            assertThat(TestServer.call(channel, keyed(EndpointSelector.of(3)), "x"))
                    .startsWith("a-");
            AttemptsTest.awaitNothingInFlight(policy);
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
            public void onConfigurationRefused(String service, String reason) {
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
