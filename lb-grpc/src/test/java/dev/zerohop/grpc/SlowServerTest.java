package dev.zerohop.grpc;

import static dev.zerohop.grpc.Fleet.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Health;
import dev.zerohop.Node;
import dev.zerohop.Outcome;
import dev.zerohop.testing.FakeTime;
import io.grpc.CallOptions;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One server of six answers, and far more slowly than the others: over real connections, with a balancer on a faked clock that the servers move on. */
@Timeout(120)
class SlowServerTest {
    private static final String[] IDS = {"a", "b", "c", "d", "e", "f"};
    /** An ejection lasts longer than a step of the clock, so that none ends within the step in which it began. */
    private static final String SETTINGS =
            "{'policy': 'round_robin', 'retry': {'budgetPercent': 100, 'minPerSecond': 1000},"
                    + " 'health': {'ejection': {'maxPercent': 100, 'jitter': '0s', 'interval': '60s',"
                    + " 'baseTime': '300s', 'latency': {'requestVolume': 10}}}}";

    private final FakeTime time = new FakeTime();
    private final OutcomeLog outcomes = new OutcomeLog();
    private final RecordingPolicy policy = new RecordingPolicy(channelTime -> time);

    /** A connected channel at the beginning of an interval, of which calls may take 20 s in all. */
    private ManagedChannel channel(Fleet fleet, @Nullable String methodConfig) throws InterruptedException {
        // With the interceptor no hedge goes where its call has been.
        ManagedChannelBuilder<?> builder = fleet.builder()
                .intercept(ZerohopGrpc.interceptor())
                .setNameResolverArg(ZerohopGrpc.LISTENER, outcomes)
                .defaultServiceConfig(policy.serviceConfig(SETTINGS, methodConfig));
        ManagedChannel channel = fleet.built(builder);
        // The first call waits for timers of the balancer's, which are on the faked clock.
        ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
        clock.scheduleAtFixedRate(() -> time.advance(Duration.ofMillis(1)), 0, 5, TimeUnit.MILLISECONDS);
        try {
            RoutingTest.awaitAll(channel, IDS);
            await().until(() -> outcomes.underWay() == 0);
        } finally {
            clock.shutdown();
            assertThat(clock.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        }
        endInterval(channel);
        fleet.servers.values().forEach(server -> takes(server, 5));
        // What calls usually take is known from an interval before. Twice as many as must be: picks of several threads
        // do not divide evenly.
        calls(channel, 120);
        await().until(() -> outcomes.underWay() == 0);
        endInterval(channel);
        outcomes.clear();
        return channel;
    }

    private void takes(TestServer server, long millis) {
        server.fails = request -> {
            time.advance(Duration.ofMillis(millis));
            return Status.OK;
        };
    }

    /** Returns when what was due then has been done: the synchronization context runs one task after the other. */
    private void endInterval(ManagedChannel channel) throws InterruptedException {
        time.advance(Duration.ofSeconds(73));
        CountDownLatch done = new CountDownLatch(1);
        channel.notifyWhenStateChanged(ConnectivityState.SHUTDOWN, done::countDown);
        assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
    }

    private static void calls(ManagedChannel channel, int count) {
        for (int i = 0; i < count; i++) {
            TestServer.call(channel);
        }
    }

    private Health health(String id) {
        return policy.balancer().current().snapshot().members().stream()
                .filter(node -> node.endpoint().id().equals(id))
                .map(Node::health)
                .findFirst()
                .orElseThrow();
    }

    private void awaitEjected(String id) {
        await().until(() -> {
            time.advance(Duration.ofMillis(1));
            // The health is there before the picker that goes by it.
            return health(id).status() == Health.Status.EJECTED
                    && policy.balancer().current().snapshot().candidates().stream()
                            .noneMatch(candidate ->
                                    candidate.node().endpoint().id().equals(id));
        });
        assertThat(policy.balancer().current().snapshot().members())
                .filteredOn(node -> node.health().status() == Health.Status.EJECTED)
                .hasSize(1);
    }

    @Test
    void itIsEjectedAndTheOthersServe() throws Exception {
        try (policy;
                Fleet fleet = Fleet.of(IDS)) {
            ManagedChannel channel = channel(fleet, null);
            takes(fleet.server("d"), 100);
            calls(channel, 60);
            endInterval(channel);
            awaitEjected("d");
            assertThat(health("d").reason())
                    .startsWith(
                            "mean latency 100.0 ms of 10 calls, more than 3.0 times the median of 5.0 ms (6 endpoints)");
            assertThat(RoutingTest.spread(channel, 50)).containsOnlyKeys("a", "b", "c", "e", "f");
        }
    }

    /** The others are measured from where their own attempt begins, and the one that fails has no latency. */
    @Test
    void whatARepeatedCallHasSpentBeforeIsNoLatencyOfTheNext() throws Exception {
        try (policy;
                Fleet fleet = Fleet.of(IDS)) {
            ManagedChannel channel = channel(fleet, Json.retries(3, "['UNAVAILABLE']"));
            takes(fleet.server("d"), 100);
            fleet.server("a").fails = request -> {
                time.advance(Duration.ofMillis(100));
                return Status.UNAVAILABLE;
            };
            calls(channel, 120);
            assertThat(outcomes.of("a")).hasSizeGreaterThan(10).containsOnly(Outcome.ERROR_RESPONSE);
            endInterval(channel);
            awaitEjected("d");
            assertThat(health("d").reason()).contains("times the median of 5.0 ms (5 endpoints)");
        }
    }

    @Test
    void aCallThatItsCallerCancelsCountsNothing() throws Exception {
        try (policy;
                Fleet fleet = Fleet.of(IDS)) {
            ManagedChannel channel = channel(fleet, null);
            takes(fleet.server("d"), 100);
            TestServer holding = fleet.server("a");
            holding.holds = true;
            for (int i = 0; i < 84; i++) {
                int before = held(holding);
                Future<String> answer =
                        ClientCalls.futureUnaryCall(channel.newCall(TestServer.ECHO, CallOptions.DEFAULT), "orders");
                await().until(() -> answer.isDone() || held(holding) > before);
                if (!answer.isDone()) {
                    time.advance(Duration.ofMillis(300));
                    answer.cancel(true);
                }
            }
            AttemptsTest.awaitNothingInFlight(policy);
            assertThat(outcomes.of("a")).hasSize(14).containsOnly(Outcome.CANCELLED);
            endInterval(channel);
            awaitEjected("d");
            assertThat(health("d").reason()).contains("mean latency 100.0 ms", "(5 endpoints)");
        }
    }

    private static int held(TestServer server) {
        synchronized (server.held) {
            return server.held.size();
        }
    }

    /** A hedge overtakes what one server holds; its own time begins with itself. The delay is long, so that a busy machine lets no hedge overtake the others. */
    @Test
    void hedgesAreMeasuredForThemselves() throws Exception {
        try (policy;
                Fleet fleet = Fleet.of(IDS)) {
            ManagedChannel channel = channel(
                    fleet,
                    "{'name': [{}], 'hedgingPolicy': {'maxAttempts': 2, 'hedgingDelay': '0.4s', 'nonFatalStatusCodes': []}}");
            takes(fleet.server("d"), 100);
            takes(fleet.server("a"), 30);
            fleet.server("a").holds = true;
            calls(channel, 96);
            AttemptsTest.awaitNothingInFlight(policy);
            assertThat(outcomes.of("a")).contains(Outcome.CANCELLED).doesNotContain(Outcome.SUCCESS);
            endInterval(channel);
            awaitEjected("d");
            assertThat(List.of(health("a").status(), health("b").status())).doesNotContain(Health.Status.EJECTED);
        }
    }
}
