package dev.zerohop.grpc;

import static dev.zerohop.grpc.Fleet.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is counted of attempts, and where retries go. */
@Timeout(300)
class AttemptsTest {
    private static final String UNLIMITED = "{'retry': {'budgetPercent': 100, 'minPerSecond': 1000, 'maxAttempts': 5}}";
    private static final Metadata.Key<String> DETAIL = Metadata.Key.of("detail", Metadata.ASCII_STRING_MARSHALLER);

    private static final Metadata.Key<String> ENCODING =
            Metadata.Key.of("grpc-encoding", Metadata.ASCII_STRING_MARSHALLER);

    static void awaitNothingInFlight(RecordingPolicy policy) {
        await().untilAsserted(() -> assertThat(policy.inFlight()).isZero());
    }

    @Test
    void whatIsInFlightIsExactAfterEveryEnd() throws Exception {
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = Fleet.of("a", "b")) {
            ManagedChannel channel =
                    fleet.built(fleet.builder().defaultServiceConfig(policy.serviceConfig("{}", null)));
            RoutingTest.awaitAll(channel, "a", "b");
            awaitNothingInFlight(policy);

            fleet.servers.values().forEach(server -> server.holds = true);
            ClientCall<String, String> cancelled = channel.newCall(TestServer.ECHO, CallOptions.DEFAULT);
            var first = ClientCalls.futureUnaryCall(cancelled, "cancel");
            var second = ClientCalls.futureUnaryCall(
                    channel.newCall(TestServer.ECHO, CallOptions.DEFAULT.withDeadlineAfter(300, TimeUnit.MILLISECONDS)),
                    "deadline");
            await().untilAsserted(() -> assertThat(policy.inFlight()).isEqualTo(2));
            first.cancel(true);
            assertThatThrownBy(second::get).hasMessageContaining("DEADLINE_EXCEEDED");
            awaitNothingInFlight(policy);

            var third = ClientCalls.futureUnaryCall(channel.newCall(TestServer.ECHO, CallOptions.DEFAULT), "killed");
            await().untilAsserted(() -> assertThat(policy.inFlight()).isEqualTo(1));
            fleet.servers.values().forEach(TestServer::close);
            assertThatThrownBy(third::get).hasMessageContaining("HTTP/2 error code: CANCEL");
            awaitNothingInFlight(policy);
        }
    }

    @Test
    void streamsOfAllFourKindsWorkAndAreCountedToTheirEnd() throws Exception {
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = Fleet.of("a")) {
            ManagedChannel channel = fleet.built(fleet.builder()
                    .intercept(ZerohopGrpc.interceptor())
                    .defaultServiceConfig(policy.serviceConfig("{}", null)));
            CallOptions compressed = CallOptions.DEFAULT.withCompression("gzip");
            assertThat(TestServer.call(channel, compressed, "x")).isEqualTo("a");
            assertThat(fleet.server("a").headers.element().get(ENCODING))
                    .as("the call's options reach the wire")
                    .isEqualTo("gzip");
            assertThat(ClientCalls.blockingServerStreamingCall(channel, TestServer.DOWN, compressed, "x"))
                    .toIterable()
                    .containsExactly("a0", "a1", "a2");
            List<String> answers = new java.util.concurrent.CopyOnWriteArrayList<>();
            var up = ClientCalls.asyncClientStreamingCall(
                    channel.newCall(TestServer.UP, compressed), new Answers(answers));
            up.onNext("1");
            up.onNext("2");
            await().untilAsserted(() -> assertThat(policy.inFlight()).isEqualTo(1));
            up.onCompleted();
            await().until(() -> answers.contains("a[1, 2]"));
            var both = ClientCalls.asyncBidiStreamingCall(
                    channel.newCall(TestServer.BOTH, compressed), new Answers(answers));
            both.onNext("x");
            await().until(() -> answers.contains("ax"));
            assertThat(policy.inFlight()).isEqualTo(1);
            both.onCompleted();
            awaitNothingInFlight(policy);
        }
    }

    private record Answers(List<String> seen) implements io.grpc.stub.StreamObserver<String> {
        @Override
        public void onNext(String value) {
            seen.add(value);
        }

        @Override
        public void onError(Throwable failed) {
            seen.add("error " + failed);
        }

        @Override
        public void onCompleted() {}
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aRetryGoesToAnotherEndpoint(boolean intercepted) throws Exception {
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = Fleet.of("a", "b", "c")) {
            var builder = fleet.builder()
                    .defaultServiceConfig(policy.serviceConfig(UNLIMITED, Json.retries(3, "['UNAVAILABLE']")));
            ManagedChannel channel = fleet.built(intercepted ? builder.intercept(ZerohopGrpc.interceptor()) : builder);
            RoutingTest.awaitAll(channel, "a", "b", "c");
            fleet.servers.values().forEach(server -> {
                server.fails = request -> Status.UNAVAILABLE.withDescription("no");
                server.log.clear();
            });
            for (int i = 0; i < 30; i++) {
                String request = "r" + i;
                assertThatThrownBy(() -> TestServer.call(channel, CallOptions.DEFAULT, request))
                        .hasMessageContaining("UNAVAILABLE: no");
                Set<String> ran = new HashSet<>();
                fleet.servers.forEach((id, server) -> {
                    if (server.log.contains(request)) {
                        ran.add(id);
                    }
                });
                assertThat(ran).as("each attempt elsewhere").hasSize(3);
            }
            awaitNothingInFlight(policy);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anAttemptOverTheBudgetIsDroppedAndTheFirstFailureStaysVisible(boolean intercepted) throws Exception {
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = Fleet.of("a", "b")) {
            var builder = fleet.builder()
                    .defaultServiceConfig(policy.serviceConfig(
                            "{'retry': {'budgetPercent': 0, 'minPerSecond': 0}}",
                            Json.retries(3, "['UNAVAILABLE', 'ABORTED']")));
            ManagedChannel channel = fleet.built(intercepted ? builder.intercept(ZerohopGrpc.interceptor()) : builder);
            RoutingTest.awaitAll(channel, "a", "b");
            fleet.servers.values().forEach(server -> {
                server.log.clear();
                server.trailers.put(DETAIL, "disk full");
                server.fails =
                        request -> Status.ABORTED.withDescription("first failure\u001b]52;c;aGk=\u0007\nINJECTED line");
            });
            assertThatThrownBy(() -> TestServer.call(channel))
                    .isInstanceOfSatisfying(StatusRuntimeException.class, thrown -> {
                        assertThat(thrown.getStatus().getCode())
                                .isEqualTo(intercepted ? Status.Code.ABORTED : Status.Code.UNAVAILABLE);
                        assertThat(thrown.getStatus().getDescription())
                                .contains("first failure\\u001b]52;c;aGk=\\u0007 INJECTED line")
                                .contains("budget is used up");
                        assertThat(thrown.getTrailers().get(DETAIL)).isEqualTo(intercepted ? "disk full" : null);
                    });
            assertThat(fleet.server("a").log.size() + fleet.server("b").log.size())
                    .isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void eachCallPaysIntoTheBudget(boolean intercepted) throws Exception {
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = Fleet.of("a", "b")) {
            var builder = fleet.builder()
                    .defaultServiceConfig(policy.serviceConfig(
                            "{'retry': {'budgetPercent': 100, 'minPerSecond': 0}}",
                            Json.retries(2, "['UNAVAILABLE']")));
            ManagedChannel channel = fleet.built(intercepted ? builder.intercept(ZerohopGrpc.interceptor()) : builder);
            RoutingTest.awaitAll(channel, "a", "b");
            fleet.servers.values().forEach(server -> {
                server.log.clear();
                server.fails = request -> Status.UNAVAILABLE.withDescription("no");
            });
            // The call itself pays for its repetition, however long ago the calls before it were.
            assertThatThrownBy(() -> TestServer.call(channel))
                    .hasMessageContaining("UNAVAILABLE: no")
                    .hasMessageNotContaining("budget");
            assertThat(fleet.server("a").log.size() + fleet.server("b").log.size())
                    .isEqualTo(2);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theConfigurationsMaximumOfAttemptsHoldsAndEveryAttemptIsNamed(boolean intercepted) throws Exception {
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = Fleet.of("a", "b", "c", "d")) {
            var builder = fleet.builder()
                    .defaultServiceConfig(policy.serviceConfig(
                            "{'retry': {'maxAttempts': 3, 'minPerSecond': 1000}}", Json.retries(5, "['UNAVAILABLE']")));
            ManagedChannel channel = fleet.built(intercepted ? builder.intercept(ZerohopGrpc.interceptor()) : builder);
            RoutingTest.awaitAll(channel, "a", "b", "c", "d");
            List<String> asked = Collections.synchronizedList(new ArrayList<>());
            fleet.servers
                    .values()
                    .forEach(server -> server.fails = request -> {
                        asked.add(server.id);
                        return Status.UNAVAILABLE.withDescription("no disk at " + server.id);
                    });
            Throwable thrown = catchThrowable(() -> TestServer.call(channel));
            assertThat(asked).hasSize(3);
            assertThat(thrown)
                    .hasMessage("UNAVAILABLE: no disk at " + asked.get(2)
                            + "\nnot repeated: 3 attempts are the most that the configuration allows; before it: 1. "
                            + fleet.endpoint(asked.get(0)) + ": no disk at " + asked.get(0) + "; 2. "
                            + fleet.endpoint(asked.get(1)) + ": no disk at " + asked.get(1));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"1000", "0"})
    void hedgesGoElsewhereAndOneOverTheBudgetDoesNotEndTheCall(String perSecond) throws Exception {
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = Fleet.of("a", "b", "c")) {
            ManagedChannel channel = fleet.built(fleet.builder()
                    .intercept(ZerohopGrpc.interceptor())
                    .defaultServiceConfig(policy.serviceConfig(
                            "{'retry': {'budgetPercent': 0, 'minPerSecond': " + perSecond + "}}",
                            "{'name': [{}], 'hedgingPolicy': {'maxAttempts': 3, 'hedgingDelay': '0.01s',"
                                    + " 'nonFatalStatusCodes': ['UNAVAILABLE']}}")));
            RoutingTest.awaitAll(channel, "a", "b", "c");
            fleet.servers.values().forEach(server -> {
                server.log.clear();
                server.holds = true;
            });
            var call = ClientCalls.futureUnaryCall(channel.newCall(TestServer.ECHO, CallOptions.DEFAULT), "h");
            int attempts = perSecond.equals("0") ? 1 : 3;
            await().untilAsserted(() -> {
                assertThat(policy.inFlight()).isEqualTo(attempts);
                assertThat(fleet.servers.values().stream()
                                .filter(server -> server.log.size() == 1)
                                .count())
                        .isEqualTo(attempts);
            });
            for (TestServer server : fleet.servers.values()) {
                synchronized (server.held) {
                    server.held.forEach(answer -> {
                        answer.onNext("done");
                        answer.onCompleted();
                    });
                }
            }
            assertThat(call.get(60, TimeUnit.SECONDS)).isEqualTo("done");
            awaitNothingInFlight(policy);
        }
    }

    @Test
    void whenAllOthersFailedAHedgeThatWasHeldBackEndsTheCallWithTheirFailure() throws Exception {
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = Fleet.of("a", "b")) {
            ManagedChannel channel = fleet.built(fleet.builder()
                    .intercept(ZerohopGrpc.interceptor())
                    .defaultServiceConfig(policy.serviceConfig(
                            "{'retry': {'budgetPercent': 0, 'minPerSecond': 0}}",
                            "{'name': [{}], 'hedgingPolicy': {'maxAttempts': 3, 'hedgingDelay': '0.01s',"
                                    + " 'nonFatalStatusCodes': ['UNAVAILABLE']}}")));
            RoutingTest.awaitAll(channel, "a", "b");
            fleet.servers.values().forEach(server -> server.holds = true);
            var call = ClientCalls.futureUnaryCall(channel.newCall(TestServer.ECHO, CallOptions.DEFAULT), "h");
            await().until(() -> fleet.servers.values().stream().anyMatch(server -> {
                synchronized (server.held) {
                    return !server.held.isEmpty();
                }
            }));
            for (TestServer server : fleet.servers.values()) {
                synchronized (server.held) {
                    server.held.forEach(answer -> answer.onError(Status.UNAVAILABLE
                            .withDescription("held and failed")
                            .asRuntimeException()));
                }
            }
            assertThatThrownBy(() -> call.get(60, TimeUnit.SECONDS)).hasMessageContaining("held and failed");
            awaitNothingInFlight(policy);
        }
    }
}
