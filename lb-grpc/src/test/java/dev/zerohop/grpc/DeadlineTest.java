package dev.zerohop.grpc;

import static dev.zerohop.grpc.Fleet.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Endpoint;
import dev.zerohop.Health;
import dev.zerohop.Outcome;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a deadline counts as. grpc-java tells a tracer of most deadlines that the stream was cancelled. */
@Timeout(120)
class DeadlineTest {
    private static final String HEDGES =
            "{'name': [{}], 'hedgingPolicy': {'maxAttempts': 2, 'hedgingDelay': '0.01s', 'nonFatalStatusCodes': []}}";

    private final ScheduledExecutorService timers = Executors.newSingleThreadScheduledExecutor();

    @AfterEach
    void endTimers() {
        timers.shutdownNow();
    }

    private static ManagedChannelBuilder<?> observed(Fleet fleet, OutcomeLog outcomes) {
        return fleet.builder().setNameResolverArg(ZerohopGrpc.LISTENER, outcomes);
    }

    /** Connected, and what that took not counted. */
    private static void warm(ManagedChannel channel, OutcomeLog outcomes, String... ids) {
        RoutingTest.awaitAll(channel, ids);
        await().until(() -> outcomes.underWay() == 0);
        outcomes.clear();
    }

    private static Status.Code endOf(ManagedChannel channel, CallOptions options) {
        try {
            ClientCalls.blockingUnaryCall(channel, TestServer.ECHO, options, "x");
            return Status.Code.OK;
        } catch (StatusRuntimeException failed) {
            return failed.getStatus().getCode();
        }
    }

    /** The place of the nearer deadline; the other place has a later one or none. */
    @ParameterizedTest
    @CsvSource({
        "retries on, options, none",
        "retries on, context, none",
        "retries on, options, later",
        "retries on, context, later",
        "retries on, service config, later",
        "retries off, options, none",
        "retries off, context, none",
        "retries off, options, later",
        "retries off, context, later",
        "hedges, options, none",
        "hedges, context, none"
    })
    void aDeadlineIsATimeoutWhereverItStands(String repeats, String place, String other) throws Exception {
        OutcomeLog outcomes = new OutcomeLog();
        try (Fleet fleet = Fleet.of("a", "b")) {
            String methods = repeats.equals("hedges")
                    ? HEDGES
                    : place.equals("service config") ? "{'name': [{}], 'timeout': '2s'}" : null;
            ManagedChannelBuilder<?> builder =
                    observed(fleet, outcomes).defaultServiceConfig(Json.serviceConfig("{}", methods));
            if (repeats.equals("retries off")) {
                builder.disableRetry();
            }
            ManagedChannel channel = fleet.built(builder);
            await().until(() -> endOf(channel, CallOptions.DEFAULT) == Status.Code.OK);
            await().until(() -> outcomes.underWay() == 0);
            outcomes.clear();
            fleet.servers.values().forEach(server -> server.holds = true);
            int attempts = repeats.equals("hedges") ? 2 : 1;
            // A busy machine may not send within the deadline, which is another case: then once more with a later one.
            for (long millis = 500; ; millis *= 2) {
                fleet.servers.values().forEach(server -> server.log.clear());
                CallOptions options = options(place, other, millis);
                assertThat(context(place, other, millis).call(() -> endOf(channel, options)))
                        .isEqualTo(Status.Code.DEADLINE_EXCEEDED);
                await().until(() -> outcomes.underWay() == 0);
                if (fleet.servers.values().stream()
                                .mapToInt(server -> server.log.size())
                                .sum()
                        == attempts) {
                    break;
                }
                outcomes.clear();
            }
            assertThat(outcomes.outcomes()).isEqualTo(Collections.nCopies(attempts, Outcome.TIMEOUT));
        }
    }

    private static CallOptions options(String place, String other, long millis) {
        return place.equals("options")
                ? CallOptions.DEFAULT.withDeadlineAfter(millis, TimeUnit.MILLISECONDS)
                : other.equals("later")
                        ? CallOptions.DEFAULT.withDeadlineAfter(1, TimeUnit.HOURS)
                        : CallOptions.DEFAULT;
    }

    private Context context(String place, String other, long millis) {
        return place.equals("context")
                ? Context.ROOT.withDeadlineAfter(millis, TimeUnit.MILLISECONDS, timers)
                : other.equals("later") ? Context.ROOT.withDeadlineAfter(1, TimeUnit.HOURS, timers) : Context.ROOT;
    }

    @Test
    void aDeadlineBeforeTheStreamIsSentCountsAgainstNoEndpoint() throws Exception {
        OutcomeLog outcomes = new OutcomeLog();
        try (Fleet fleet = new Fleet();
                RawServer server = new RawServer((on, stream) -> {}, 1)) {
            fleet.push(List.of(
                    Endpoint.builder("127.0.0.1", server.port()).id("raw").build()));
            ManagedChannel channel =
                    fleet.built(observed(fleet, outcomes).defaultServiceConfig(Json.serviceConfig("{}", null)));
            Future<String> first =
                    ClientCalls.futureUnaryCall(channel.newCall(TestServer.ECHO, CallOptions.DEFAULT), "x");
            await().until(() -> server.connections.size() == 1
                    && server.connections.get(0).streams.size() == 1);
            // The server takes one stream at a time: the next one waits on this side.
            assertThat(endOf(channel, CallOptions.DEFAULT.withDeadlineAfter(500, TimeUnit.MILLISECONDS)))
                    .isEqualTo(Status.Code.DEADLINE_EXCEEDED);
            await().until(() -> outcomes.underWay() == 1);
            assertThat(outcomes.outcomes()).containsExactly(Outcome.CANCELLED);
            first.cancel(true);
        }
    }

    @Test
    void aDeadlineWhileTheCallWaitsForAnEndpointIsNoAttempt() throws Exception {
        OutcomeLog outcomes = new OutcomeLog();
        try (Fleet fleet = new Fleet()) {
            ManagedChannel channel =
                    fleet.built(observed(fleet, outcomes).defaultServiceConfig(Json.serviceConfig("{}", null)));
            assertThat(endOf(channel, CallOptions.DEFAULT.withDeadlineAfter(300, TimeUnit.MILLISECONDS)))
                    .isEqualTo(Status.Code.DEADLINE_EXCEEDED);
            assertThat(outcomes.begun()).isZero();
        }
    }

    @Test
    void aStreamThatHasAnsweredDoesNotTimeOut() throws Exception {
        OutcomeLog outcomes = new OutcomeLog();
        try (Fleet fleet = new Fleet();
                RawServer server = new RawServer((on, stream) -> on.answer(stream))) {
            fleet.push(List.of(
                    Endpoint.builder("127.0.0.1", server.port()).id("raw").build()));
            ManagedChannel channel =
                    fleet.built(observed(fleet, outcomes).defaultServiceConfig(Json.serviceConfig("{}", null)));
            for (long millis = 500; ; millis *= 2) {
                AtomicBoolean answered = new AtomicBoolean();
                CountDownLatch closed = new CountDownLatch(1);
                ClientCall<String, String> call = channel.newCall(
                        TestServer.BOTH, CallOptions.DEFAULT.withDeadlineAfter(millis, TimeUnit.MILLISECONDS));
                call.start(
                        new ClientCall.Listener<>() {
                            @Override
                            public void onHeaders(Metadata headers) {
                                answered.set(true);
                            }

                            @Override
                            public void onClose(Status status, Metadata trailers) {
                                closed.countDown();
                            }
                        },
                        new Metadata());
                assertThat(closed.await(60, TimeUnit.SECONDS)).isTrue();
                await().until(() -> outcomes.underWay() == 0);
                if (answered.get()) {
                    break;
                }
                outcomes.clear();
            }
            assertThat(outcomes.outcomes()).containsExactly(Outcome.CANCELLED);
        }
    }

    /** One server of three hangs: its process is stopped, its connection stands. */
    @ParameterizedTest
    @ValueSource(strings = {"{}", "{'policy': 'peak_ewma'}", "{'policy': 'least_request'}"})
    void aServerThatHangsIsAvoidedAfterFiveDeadlines(String configuration) throws Exception {
        OutcomeLog outcomes = new OutcomeLog();
        try (Fleet fleet = Fleet.of("a", "b");
                ServerProcess hung = new ServerProcess("hung")) {
            fleet.push(List.of(
                    fleet.endpoint("a"),
                    fleet.endpoint("b"),
                    Endpoint.builder("127.0.0.1", hung.port()).id("hung").build()));
            ManagedChannel channel = fleet.built(
                    observed(fleet, outcomes).defaultServiceConfig(Json.serviceConfig(configuration, null)));
            warm(channel, outcomes, "a", "b", "hung");
            hung.stop();
            int calls = 0;
            for (; calls < 1000 && outcomes.of("hung").size() < 5; calls++) {
                endOf(channel, CallOptions.DEFAULT.withDeadlineAfter(500, TimeUnit.MILLISECONDS));
            }
            await().until(() -> outcomes.underWay() == 0);
            assertThat(outcomes.of("hung"))
                    .as("five, or it was avoided before")
                    .allMatch(outcome -> outcome == Outcome.TIMEOUT);
            outcomes.clear();
            for (int i = 0; i < 1000; i++) {
                endOf(channel, CallOptions.DEFAULT.withDeadlineAfter(500, TimeUnit.MILLISECONDS));
            }
            await().until(() -> outcomes.underWay() == 0);
            assertThat(outcomes.of("hung").size()).as("of 1,000 calls").isLessThanOrEqualTo(10);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void deadlinesEjectUnlessTheyAreLeftOut(boolean counted) throws Exception {
        OutcomeLog outcomes = new OutcomeLog();
        try (RecordingPolicy policy = new RecordingPolicy();
                Fleet fleet = Fleet.of("a", "b")) {
            ManagedChannel channel = fleet.built(observed(fleet, outcomes)
                    .defaultServiceConfig(policy.serviceConfig(
                            "{'policy': 'round_robin', 'health': {'ejection': {'timeouts': " + counted + "}}}", null)));
            warm(channel, outcomes, "a", "b");
            fleet.server("a").holds = true;
            while (outcomes.of("a").stream()
                            .filter(outcome -> outcome == Outcome.TIMEOUT)
                            .count()
                    < 5) {
                endOf(channel, CallOptions.DEFAULT.withDeadlineAfter(300, TimeUnit.MILLISECONDS));
            }
            await().until(() -> outcomes.underWay() == 0);
            Health.Status expected = counted ? Health.Status.EJECTED : Health.Status.HEALTHY;
            await().untilAsserted(() -> assertThat(policy.balancer().current().snapshot().members().stream()
                            .filter(node -> node.endpoint().id().equals("a"))
                            .map(node -> node.health().status()))
                    .containsExactly(expected));
            assertThat(outcomes.of("a")).contains(Outcome.TIMEOUT);
        }
    }
}
