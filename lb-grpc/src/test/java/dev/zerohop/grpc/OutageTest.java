package dev.zerohop.grpc;

import static dev.zerohop.grpc.Fleet.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** In a total outage a call ends with what the servers did, and then with what zerohop makes of it. */
@Timeout(300)
class OutageTest {
    private static final String UNLIMITED = "{'retry': {'budgetPercent': 100, 'minPerSecond': 1000, 'maxAttempts': 5}}";

    private enum Repeats {
        NONE(null),
        RETRIES(Json.retries(5, "['UNAVAILABLE', 'CANCELLED']")),
        HEDGES("{'name': [{}], 'hedgingPolicy': {'maxAttempts': 3, 'hedgingDelay': '1s',"
                + " 'nonFatalStatusCodes': ['UNAVAILABLE', 'CANCELLED']}}");

        private final @Nullable String methodConfig;

        Repeats(@Nullable String methodConfig) {
            this.methodConfig = methodConfig;
        }
    }

    private static ManagedChannel channel(
            Fleet fleet, RecordingPolicy policy, String configuration, Repeats repeats, boolean intercepted) {
        var builder = fleet.builder().defaultServiceConfig(policy.serviceConfig(configuration, repeats.methodConfig));
        return fleet.built(intercepted ? builder.intercept(ZerohopGrpc.interceptor()) : builder);
    }

    private static Future<String> call(ManagedChannel channel) {
        return ClientCalls.futureUnaryCall(
                channel.newCall(TestServer.ECHO, CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS)), "x");
    }

    private static Status end(Future<String> call) throws Exception {
        try {
            throw new AssertionError("answered by " + call.get());
        } catch (ExecutionException failed) {
            return ((StatusRuntimeException) failed.getCause()).getStatus();
        }
    }

    @ParameterizedTest
    @CsvSource({"NONE, false", "NONE, true", "RETRIES, false", "RETRIES, true", "HEDGES, false", "HEDGES, true"})
    void serversThatAreDownFromTheStart(Repeats repeats, boolean intercepted) throws Exception {
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = Fleet.of("a", "b")) {
            for (TestServer server : fleet.servers.values()) {
                server.close();
                // Until then it may still take a connection, and close it at once.
                assertThat(server.server.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
            }
            Status status = end(call(channel(fleet, policy, UNLIMITED, repeats, intercepted)));
            assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            // Of connections that are refused grpc-netty now and then reports one as closed during its negotiation, or
            // as
            // reset where the kernel had taken it for the server that has just closed.
            String refused = "io exception: Connection (refused|reset).*";
            String down = "\\(127\\.0\\.0\\.1:\\d+\\) is DISCONNECTED for \\d+(\\.\\d)? m?s \\(connectivity: ("
                    + refused + "|Connection closing while performing protocol negotiation for .*)\\); ";
            assertThat(status.getDescription())
                    .matches("fleet: 0 of 2 endpoints usable \\(2 disconnected\\): a" + down + "b" + down
                            + "check that they listen there, and that no network policy is in between");
            assertThat(status.getCause()).isInstanceOf(IOException.class);
        }
    }

    @ParameterizedTest
    @CsvSource({"NONE, false", "NONE, true", "RETRIES, false", "RETRIES, true", "HEDGES, false", "HEDGES, true"})
    void serversThatAllAnswerUnavailable(Repeats repeats, boolean intercepted) throws Exception {
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = Fleet.of("a", "b")) {
            ManagedChannel channel = channel(fleet, policy, UNLIMITED, repeats, intercepted);
            RoutingTest.awaitAll(channel, "a", "b");
            fleet.servers
                    .values()
                    .forEach(server -> server.fails =
                            request -> Status.UNAVAILABLE.withDescription("no database at " + server.id));
            Status status = end(call(channel));
            assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(status.getDescription()).startsWith("no database at ");
        }
    }

    @ParameterizedTest
    @CsvSource({"RETRIES, false", "RETRIES, true", "HEDGES, false", "HEDGES, true"})
    void serversThatAreKilledWhileACallRuns(Repeats repeats, boolean intercepted) throws Exception {
        killedWhileACallRuns(UNLIMITED, repeats, intercepted, "");
    }

    /** The first repetition finds no endpoint, and there is no budget for the second. */
    @ParameterizedTest
    @CsvSource({"RETRIES, false", "RETRIES, true"})
    void theFailureOfAServerOutlivesTheBudget(Repeats repeats, boolean intercepted) throws Exception {
        killedWhileACallRuns(
                "{'retry': {'maxAttempts': 2}}", repeats, intercepted, "\nnot repeated: 2 attempts are the most");
    }

    private static void killedWhileACallRuns(String configuration, Repeats repeats, boolean intercepted, String further)
            throws Exception {
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = Fleet.of("a", "b")) {
            ManagedChannel channel = channel(fleet, policy, configuration, repeats, intercepted);
            RoutingTest.awaitAll(channel, "a", "b");
            fleet.server("b").close();
            await().until(() ->
                    policy.balancer().current().snapshot().candidates().size() == 1);
            TestServer last = fleet.server("a");
            String name = fleet.endpoint("a").toString();
            last.log.clear();
            last.fails = request -> {
                last.close();
                return Status.OK;
            };
            last.holds = true;
            Status status = end(call(channel));
            assumeThat(last.log).as("attempts before the server was gone").hasSize(1);
            assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            // The server that goes resets the stream; a repetition may have begun on its connection, before the server
            // saw it.
            assertThat(status.getDescription())
                    .matches(
                            "(?s)" + Pattern.quote(name) + ": (CANCELLED: RST_STREAM closed stream|GOAWAY shut down).*")
                    .containsSubsequence("; fleet: 0 of 2 endpoints usable", ": io exception", further);
        }
    }
}
