package dev.zerohop.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.Lease;
import dev.zerohop.Outcome;
import dev.zerohop.PickContext;
import dev.zerohop.Snapshot;
import dev.zerohop.Time;
import dev.zerohop.picker.Pickers;
import dev.zerohop.testing.FakeNode;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RecentAttemptsTest {
    private static final String SERVICE = "orders";

    private final FakeTime time = new FakeTime();
    private final RecentAttempts recent = new RecentAttempts(time);

    @AfterEach
    void close() {
        recent.onClose(SERVICE);
    }

    private static Endpoint endpoint(String id) {
        return FakeNode.named(id).endpoint();
    }

    private Snapshot members(String... ids) {
        Snapshot snapshot = Snapshot.of(FakeNode.all(ids));
        recent.onRebuild(SERVICE, snapshot, Duration.ZERO);
        return snapshot;
    }

    private void picked(String id, int times) {
        for (int i = 0; i < times; i++) {
            recent.onPick(SERVICE, endpoint(id));
        }
    }

    private void ended(String id, Outcome outcome, Duration after) {
        recent.onOutcome(SERVICE, endpoint(id), outcome, after.toNanos());
    }

    @Test
    void attemptsAreCountedByEndpointAndResult() {
        members("a", "b");
        picked("a", 4);
        picked("b", 1);
        ended("a", Outcome.SUCCESS, Duration.ofMillis(10));
        ended("a", Outcome.SUCCESS, Duration.ofMillis(30));
        ended("a", Outcome.CONNECT_FAILURE, Duration.ofMillis(1));
        ended("a", Outcome.CANCELLED, Duration.ofMillis(1));
        RecentTraffic traffic = recent.read();
        EndpointTraffic a = traffic.of("a");
        assertThat(a.attempts()).isEqualTo(4);
        assertThat(a.ok()).isEqualTo(2);
        assertThat(a.failed()).isEqualTo(1);
        assertThat(a.latencyNanos())
                .as("of those that ended well")
                .isEqualTo(Duration.ofMillis(20).toNanos());
        assertThat(traffic.of("b").latencyNanos()).isNaN();
        assertThat(traffic.attempts()).isEqualTo(5);
        assertThat(traffic.share("a")).isEqualTo(0.8);
        assertThat(traffic.of("c")).isEqualTo(EndpointTraffic.NONE);
        assertThat(recent.read("a")).isEqualTo(a);
        assertThat(recent.read("c")).isEqualTo(EndpointTraffic.NONE);
    }

    @Test
    void aLastAttemptAtAnEndpointThatHasLeftDoesNotKeepIt() {
        members("a", "b");
        picked("b", 1);
        members("a");
        assertThat(recent.read().endpoints()).isEmpty();
        picked("b", 1);
        picked("a", 1);
        time.advance(Duration.ofSeconds(5));
        assertThat(recent.read().endpoints()).containsOnlyKeys("a");
    }

    @Test
    void anAttemptIsForgottenAfterAMinute() {
        members("a");
        picked("a", 3);
        ended("a", Outcome.SUCCESS, Duration.ofMillis(10));
        ended("a", Outcome.TIMEOUT, Duration.ofMillis(10));
        time.advance(Duration.ofSeconds(30));
        picked("a", 2);
        time.advance(Duration.ofSeconds(30).minusNanos(1));
        assertThat(recent.read("a").attempts()).isEqualTo(5);
        time.advance(Duration.ofNanos(1));
        EndpointTraffic later = recent.read("a");
        assertThat(later.attempts()).isEqualTo(2);
        assertThat(later.ok()).isZero();
        assertThat(later.failed()).isZero();
        assertThat(later.latencyNanos()).isNaN();
        time.advance(Duration.ofSeconds(30));
        assertThat(recent.read("a").attempts()).isZero();
    }

    @Test
    void theHistoryHasTheAttemptsOfEachSlice() {
        members("a");
        picked("a", 1);
        time.advance(Duration.ofSeconds(5));
        picked("a", 2);
        time.advance(Duration.ofSeconds(10));
        picked("a", 4);
        assertThat(recent.read("a").history()).containsExactly(0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L, 1L, 2L, 0L, 4L);
        time.advance(Duration.ofSeconds(45));
        assertThat(recent.read("a").history()).containsExactly(2L, 0L, 4L, 0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L);
    }

    @Test
    void aTimerThatComesLateMakesNoAttemptYounger() {
        FakeTime clock = new FakeTime();
        Time late = new Time() {
            @Override
            public long nanoTime() {
                return clock.nanoTime();
            }

            @Override
            public Instant now() {
                return clock.now();
            }

            @Override
            public Cancellable schedule(long delayNanos, Runnable task) {
                return () -> {};
            }
        };
        RecentAttempts attempts = new RecentAttempts(late);
        attempts.onRebuild(SERVICE, Snapshot.of(FakeNode.all("a")), Duration.ZERO);
        attempts.onPick(SERVICE, endpoint("a"));
        clock.advance(Duration.ofSeconds(20));
        assertThat(attempts.read("a").history()).containsExactly(0L, 0L, 0L, 0L, 0L, 0L, 0L, 1L, 0L, 0L, 0L, 0L);
        clock.advance(Duration.ofMinutes(10));
        assertThat(attempts.read("a").attempts()).isZero();
    }

    @Test
    void endpointsThatLeftAreDropped() {
        members("a", "b");
        picked("a", 1);
        picked("b", 1);
        members("b");
        assertThat(recent.read().endpoints()).containsOnlyKeys("b");
        ended("a", Outcome.SUCCESS, Duration.ofMillis(10));
        assertThat(recent.read().endpoints()).containsOnlyKeys("b");
        for (int i = 0; i < 1_000; i++) {
            members("pod-" + i);
            picked("pod-" + i, 1);
            time.advance(Duration.ofSeconds(5));
        }
        assertThat(recent.read().endpoints()).containsOnlyKeys("pod-999");
    }

    @Test
    void itEndsWithItsBalancer() {
        members("a");
        picked("a", 1);
        assertThat(time.pendingTasks()).isEqualTo(1);
        recent.onClose(SERVICE);
        assertThat(time.pendingTasks()).isZero();
        picked("a", 1);
        ended("a", Outcome.SUCCESS, Duration.ofMillis(10));
        assertThat(recent.read().endpoints()).isEmpty();
    }

    @Test
    void theLatencyOfManyLongAttemptsIsRightOverManyMinutes() {
        members("a");
        picked("a", 1);
        for (int minute = 0; minute < 10; minute++) {
            for (int i = 0; i < 400; i++) {
                // 400 times 11 minutes are 73 hours: as much as fits into a minute, and much more than fits in all.
                ended("a", Outcome.SUCCESS, Duration.ofMinutes(11));
            }
            EndpointTraffic traffic = recent.read("a");
            assertThat(traffic.ok()).isEqualTo(400);
            assertThat(traffic.latencyNanos()).isEqualTo(Duration.ofMinutes(11).toNanos());
            time.advance(Duration.ofMinutes(1));
        }
    }

    @Test
    void evenTrafficHasASkewOfOne() {
        Snapshot two = members("a", "b");
        picked("a", 50);
        picked("b", 49);
        assertThat(recent.read().skew(two)).as("too few attempts").isNaN();
        picked("b", 1);
        assertThat(recent.read().skew(two)).isEqualTo(1);
        picked("a", 100);
        assertThat(recent.read().skew(two)).isEqualTo(1.5);
    }

    @Test
    void sharesAreComparedWithWeights() {
        Snapshot weighted = Snapshot.of(List.of(FakeNode.named("a", 3), FakeNode.named("b", 1)));
        picked("a", 300);
        picked("b", 100);
        assertThat(recent.read().skew(weighted)).isEqualTo(1);
        picked("b", 400);
        assertThat(recent.read().skew(weighted)).as("500 instead of 200").isEqualTo(2.5);
    }

    @Test
    void attemptsAtEndpointsThatAreNoCandidatesSayNothingOfTheSkew() {
        picked("a", 60);
        picked("b", 60);
        picked("ejected", 1_000);
        assertThat(recent.read().skew(Snapshot.of(FakeNode.all("a", "b")))).isEqualTo(1);
        assertThat(recent.read().skew(Snapshot.of(FakeNode.all("a"))))
                .as("60 attempts")
                .isNaN();
    }

    @Test
    void chanceAloneIsNoSkew() {
        for (int mean : new int[] {1, 5, 30, 100}) {
            Random chance = new Random(7);
            RecentAttempts attempts = new RecentAttempts(time);
            List<FakeNode> nodes = FakeNode.numbered("pod", 1_000);
            for (int i = 0; i < mean * 1_000; i++) {
                attempts.onPick(SERVICE, nodes.get(chance.nextInt(1_000)).endpoint());
            }
            assertThat(attempts.read().skew(Snapshot.of(nodes)))
                    .as("%s attempts for each", mean)
                    .isBetween(1.0, 1.9);
        }
    }

    @Test
    void oneHotEndpointAmongAThousandIsSeen() {
        Snapshot many = Snapshot.of(FakeNode.numbered("pod", 1_000));
        picked("pod-7", 200);
        picked("pod-8", 100);
        assertThat(recent.read().skew(many)).isCloseTo(200.0 / 30, within(1e-9));
    }

    @Test
    void theAttemptsOfABalancerAreCountedFromTheFirst() {
        ScriptedResolver resolver = new ScriptedResolver();
        Balancer balancer = Balancer.builder(SERVICE)
                .env(time.env())
                .resolver(resolver)
                .settings(BalancerSettings.of(Pickers.leastRequest()))
                .listener(recent)
                .build();
        try (balancer) {
            balancer.start();
            resolver.push(endpoint("a"), endpoint("b"));
            for (int i = 0; i < 10; i++) {
                Lease lease = balancer.acquire(PickContext.NONE);
                time.advance(Duration.ofMillis(10));
                lease.complete(Outcome.SUCCESS);
            }
            RecentTraffic traffic = recent.read();
            assertThat(traffic.attempts()).isEqualTo(10);
            assertThat(traffic.of("a").ok() + traffic.of("b").ok()).isEqualTo(10);
            assertThat(traffic.of("a").latencyNanos())
                    .isEqualTo(Duration.ofMillis(10).toNanos());
            resolver.push(endpoint("b"));
            assertThat(recent.read().endpoints()).containsOnlyKeys("b");
        }
        assertThat(recent.read().endpoints()).isEmpty();
    }

    @Test
    void noAttemptIsLostBetweenThreadsAndReaders() throws Exception {
        members("a", "b");
        ExecutorService callers = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> calls = new ArrayList<>();
            for (String id : Collections.nCopies(2, List.of("a", "b")).stream()
                    .flatMap(List::stream)
                    .toList()) {
                Endpoint endpoint = endpoint(id);
                calls.add(callers.submit(() -> {
                    for (int i = 0; i < 20_000; i++) {
                        recent.onPick(SERVICE, endpoint);
                        recent.onOutcome(SERVICE, endpoint, Outcome.SUCCESS, 3_000);
                    }
                }));
            }
            while (calls.stream().anyMatch(call -> !call.isDone())) {
                assertThat(recent.read().attempts()).isLessThanOrEqualTo(80_000);
            }
            for (Future<?> call : calls) {
                call.get(60, TimeUnit.SECONDS);
            }
        } finally {
            callers.shutdownNow();
        }
        for (String id : List.of("a", "b")) {
            EndpointTraffic traffic = recent.read(id);
            assertThat(traffic.attempts()).isEqualTo(40_000);
            assertThat(traffic.ok()).isEqualTo(40_000);
            assertThat(traffic.latencyNanos()).isEqualTo(3_000);
        }
    }
}
