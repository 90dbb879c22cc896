package dev.zerohop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.BalancerTest.FirstPolicy;
import dev.zerohop.config.Configurations;
import dev.zerohop.load.LoadMetrics;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Leases that their holders forget are closed by the balancer's own clock; those that make progress never are. */
class LeaseAgeTest {
    private static final Duration LIMIT = Duration.ofMinutes(10);
    private static final Endpoint A = Endpoint.of("10.0.0.1", 80);
    private static final Endpoint B = Endpoint.of("10.0.0.2", 80);

    private final FakeTime time = new FakeTime();
    private final ScriptedResolver source = new ScriptedResolver();
    private final List<String> leaks = new ArrayList<>();

    private Balancer balancer(BalancerSettings settings) {
        Balancer balancer = Balancer.builder("orders")
                .env(time.env())
                .serialExecutor(Runnable::run)
                .resolver(source)
                .settings(settings)
                .listener(new BalancerListener() {
                    @Override
                    public void onLeak(String service, Endpoint endpoint, Duration age) {
                        leaks.add(endpoint.address() + " " + age);
                    }
                })
                .build();
        balancer.start();
        source.push(A);
        return balancer;
    }

    private Balancer balancer() {
        return balancer(BalancerSettings.of(new FirstPolicy()));
    }

    private static BalancerSettings measuring(LoadMetric metric) {
        return BalancerSettings.of(new PickPolicy() {
            @Override
            public String name() {
                return "first, measured";
            }

            @Override
            public Picker newPicker(Snapshot first, Env env) {
                return new FirstPolicy().newPicker(first, env);
            }

            @Override
            public LoadMetric loadMetric() {
                return metric;
            }
        });
    }

    /** The timer has run out, and what it wants done stands behind the change in the control path's queue. */
    @Test
    void aLimitThatChangesJustAsTheTimerRunsOutLeavesOneTimer() {
        Deque<Runnable> tasks = new ArrayDeque<>();
        BalancerSettings settings = BalancerSettings.of(new FirstPolicy());
        try (Balancer balancer = Balancer.builder("orders")
                .env(time.env())
                .serialExecutor(tasks::add)
                .resolver(source)
                .settings(settings)
                .build()) {
            balancer.start();
            source.push(A);
            runAll(tasks);
            balancer.apply(
                    settings.toBuilder().leaseAgeLimit(LIMIT.dividedBy(2)).build());
            time.advance(LIMIT);
            runAll(tasks);
            time.advance(LIMIT.dividedBy(2).minusSeconds(1));
            Lease lease = balancer.acquire(PickContext.NONE);
            time.advance(Duration.ofSeconds(1));
            runAll(tasks);
            assertThat(lease.node().inFlight()).as("a second old").isOne();
            balancer.close();
            runAll(tasks);
            assertThat(time.pendingTasks()).isZero();
        }
    }

    private static void runAll(Deque<Runnable> tasks) {
        for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
            task.run();
        }
    }

    @Test
    void aForgottenLeaseIsClosedBetweenOneAndTwoTimesTheLimit() {
        try (Balancer balancer = balancer()) {
            time.advance(LIMIT.dividedBy(2));
            Lease lease = balancer.acquire(PickContext.NONE);
            time.advance(LIMIT.minusMillis(1));
            assertThat(lease.node().inFlight()).isEqualTo(1);
            time.advance(LIMIT);
            assertThat(lease.node().inFlight()).isZero();
            assertThat(leaks).containsExactly("10.0.0.1:80 PT10M");
            assertThat(lease.complete(Outcome.SUCCESS)).as("closed before").isFalse();
            assertThat(lease.node().inFlight()).as("counted out once").isZero();
        }
    }

    @Test
    void aLeaseThatMakesProgressIsNeverClosed() {
        try (Balancer balancer = balancer()) {
            Lease lease = balancer.acquire(PickContext.NONE);
            lease.answered();
            for (int i = 0; i < 100; i++) {
                time.advance(LIMIT.minusSeconds(1));
                lease.progress();
                assertThat(lease.node().inFlight()).isEqualTo(1);
            }
            assertThat(lease.complete(Outcome.SUCCESS)).isTrue();
            assertThat(lease.node().inFlight()).isZero();
            assertThat(leaks).isEmpty();
        }
    }

    @Test
    void aStreamThatWasQuietForTooLongCountsAgainWhenItMoves() {
        try (Balancer balancer = balancer()) {
            Lease lease = balancer.acquire(PickContext.NONE);
            time.advance(LIMIT.multipliedBy(3));
            assertThat(leaks).hasSize(1);
            lease.progress();
            assertThat(lease.node().inFlight()).isEqualTo(1);
            assertThat(lease.complete(Outcome.SUCCESS)).isTrue();
            assertThat(lease.node().inFlight()).isZero();
        }
    }

    @Test
    void generationsGoRoundWithoutLosingACount() {
        try (Balancer balancer = balancer()) {
            Node node = balancer.current().pick(PickContext.NONE);
            for (int i = 0; i < 70_000; i++) {
                Lease lease = balancer.begin(node);
                time.advance(LIMIT);
                assertThat(node.inFlight()).isEqualTo(1);
                assertThat(lease.complete(Outcome.SUCCESS)).isTrue();
                assertThat(node.inFlight()).isZero();
            }
            assertThat(leaks).isEmpty();
        }
    }

    @Test
    void zeroClosesNoneAndALaterLimitAppliesToAll() {
        BalancerSettings never = BalancerSettings.of(new FirstPolicy()).toBuilder()
                .leaseAgeLimit(Duration.ZERO)
                .build();
        try (Balancer balancer = balancer(never)) {
            Lease lease = balancer.acquire(PickContext.NONE);
            time.advance(Duration.ofDays(30));
            assertThat(lease.node().inFlight()).isEqualTo(1);
            balancer.apply(
                    never.toBuilder().leaseAgeLimit(Duration.ofMinutes(1)).build());
            time.advance(Duration.ofMinutes(2));
            assertThat(lease.node().inFlight()).isZero();
            assertThat(leaks).containsExactly("10.0.0.1:80 PT1M");
        }
        assertThat(time.pendingTasks()).isZero();
    }

    @Test
    void callsThatRunStillCountWhenTheirEndpointLeavesAndReturns() {
        try (Balancer balancer = balancer()) {
            Lease before = balancer.acquire(PickContext.NONE);
            source.push(B);
            source.push(A, B);
            Lease after = balancer.acquire(PickContext.NONE);
            assertThat(after.endpoint()).isEqualTo(A);
            assertThat(after.node().inFlight()).isEqualTo(2);
            before.complete(Outcome.SUCCESS);
            assertThat(after.node().inFlight()).isEqualTo(1);
        }
    }

    @Test
    void anEndpointThatReturnsHasACleanRecordAndOneAtAnotherAddressNoCalls() {
        try (Balancer balancer = balancer()) {
            Lease failing = balancer.acquire(PickContext.NONE);
            balancer.acquire(PickContext.NONE).complete(Outcome.TIMEOUT);
            assertThat(failing.node().pressure()).isEqualTo(2);
            source.push(B);
            source.push(A, B);
            Node again = balancer.current().pick(PickContext.NONE);
            assertThat(again.pressure()).isEqualTo(1);
            assertThat(again.health().status()).isEqualTo(Health.Status.UNKNOWN);
            source.push(Endpoint.builder("10.0.0.9", 80).id(A.id()).build(), B);
            assertThat(balancer.current().pick(PickContext.NONE).inFlight()).isZero();
        }
    }

    @Test
    void aLeaseOfAnEndpointThatLeftIsClosedToo() {
        try (Balancer balancer = balancer()) {
            Lease lease = balancer.acquire(PickContext.NONE);
            source.push(B);
            time.advance(LIMIT.multipliedBy(2));
            assertThat(lease.node().inFlight()).isZero();
            assertThat(leaks).containsExactly("10.0.0.1:80 PT10M");
        }
    }

    @Test
    void theMetricForgetsAnAttemptThatWasClosed() {
        BalancerSettings timed = measuring(LoadMetrics.peakEwma());
        try (Balancer balancer = balancer(timed)) {
            balancer.acquire(PickContext.NONE).complete(Outcome.SUCCESS);
            Lease lease = balancer.acquire(PickContext.NONE);
            Lease reader = balancer.acquire(PickContext.NONE);
            time.advance(LIMIT);
            reader.progress();
            time.advance(LIMIT);
            assertThat(lease.node().inFlight()).isEqualTo(1);
            assertThat(lease.node().load(time.nanoTime()))
                    .as("no stall is seen any more")
                    .isLessThan(1e9);
        }
    }

    @Test
    void theLimitIsConfigured() {
        assertThat(Configurations.parse("{}").leaseAgeLimit()).isEqualTo(LIMIT);
        assertThat(Configurations.parse("{\"leases\": {\"ageLimit\": \"90s\"}}").leaseAgeLimit())
                .isEqualTo(Duration.ofSeconds(90));
        assertThat(Configurations.parse("{\"leases\": {\"ageLimit\": \"0s\"}}").leaseAgeLimit())
                .isZero();
        assertThatThrownBy(() -> Configurations.parse("{\"leases\": {\"ageLimit\": \"25h\"}}"))
                .hasMessageContaining("leases.ageLimit");
        assertThatThrownBy(() -> BalancerSettings.of(new FirstPolicy()).toBuilder()
                        .leaseAgeLimit(Duration.ofSeconds(-1))
                        .build())
                .hasMessage("lease age limit was PT-1S, expected PT0S to PT24H");
    }

    @Test
    void anAnswerDecidesAProbeOnce() {
        AtomicInteger answers = new AtomicInteger();
        LoadMetric metric = new LoadMetric() {
            @Override
            public String name() {
                return "counting";
            }

            @Override
            public boolean timed() {
                return false;
            }

            @Override
            public Load newLoad() {
                return new Load() {
                    @Override
                    public void started(long nowNanos) {}

                    @Override
                    public void answered(long nowNanos, long latencyNanos) {
                        answers.incrementAndGet();
                    }

                    @Override
                    public void ended(long nowNanos, long latencyNanos, Outcome outcome, boolean answered) {
                        answers.addAndGet(answered ? 100 : 1000);
                    }

                    @Override
                    public double value(long nowNanos, int inFlight) {
                        return inFlight;
                    }
                };
            }
        };
        try (Balancer balancer = balancer(measuring(metric))) {
            Lease lease = balancer.acquire(PickContext.NONE);
            lease.answered();
            lease.answered();
            lease.complete(Outcome.SUCCESS);
            lease.answered();
            assertThat(answers).hasValue(101);
            balancer.acquire(PickContext.NONE).complete(Outcome.SUCCESS);
            assertThat(answers).hasValue(1101);
        }
    }

    @Test
    void aLimitThatIsTakenBackClosesNoneAndLeavesNoTimer() {
        BalancerSettings settings = BalancerSettings.of(new FirstPolicy());
        try (Balancer balancer =
                balancer(settings.toBuilder().leaseAgeLimit(LIMIT).build())) {
            int timers = time.pendingTasks();
            Lease lease = balancer.acquire(PickContext.NONE);
            balancer.apply(
                    settings.toBuilder().leaseAgeLimit(LIMIT.multipliedBy(2)).build());
            assertThat(time.pendingTasks()).as("one for another").isEqualTo(timers);
            balancer.apply(settings.toBuilder().leaseAgeLimit(Duration.ZERO).build());
            assertThat(time.pendingTasks()).isEqualTo(timers - 1);
            time.advance(LIMIT.multipliedBy(10));
            assertThat(lease.node().inFlight()).isOne();
            assertThat(leaks).isEmpty();
        }
    }

    @Test
    void settingsThatAreAppliedAgainAndAgainDoNotPutTheLimitOff() {
        try (Balancer balancer = balancer()) {
            Lease lease = balancer.acquire(PickContext.NONE);
            for (int i = 0; i < 5; i++) {
                time.advance(LIMIT.dividedBy(2));
                balancer.apply(BalancerSettings.of(new FirstPolicy()));
            }
            assertThat(lease.node().inFlight()).isZero();
        }
    }

    @Test
    void aLeaseThatHasEndedMovesNoCount() {
        try (Balancer balancer = balancer()) {
            Lease lease = balancer.acquire(PickContext.NONE);
            assertThat(lease.complete(Outcome.SUCCESS)).isTrue();
            assertThat(lease.complete(Outcome.SUCCESS)).isFalse();
            time.advance(LIMIT);
            lease.progress();
            assertThat(lease.node().inFlight()).isZero();
        }
    }

    @Test
    void anAnswerDoesNotChangeWhatCountsTheLease() {
        try (Balancer balancer = balancer()) {
            time.advance(LIMIT);
            Lease lease = balancer.acquire(PickContext.NONE);
            lease.answered();
            assertThat(lease.complete(Outcome.SUCCESS)).isTrue();
            assertThat(lease.node().inFlight()).isZero();
            time.advance(LIMIT.multipliedBy(3));
            assertThat(leaks).isEmpty();
        }
    }
}
