package dev.zerohop.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Cancellable;
import dev.zerohop.RetryBudget;
import dev.zerohop.Time;
import dev.zerohop.testing.FakeTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RetriesTest {
    private final FakeTime time = new FakeTime();

    private static int withdrawAll(RetryBudget budget) {
        int taken = 0;
        while (budget.tryWithdraw()) {
            taken++;
        }
        return taken;
    }

    private static void deposit(RetryBudget budget, int times) {
        for (int i = 0; i < times; i++) {
            budget.deposit();
        }
    }

    @Test
    void aQuietClientHasTheReserve() {
        RetryBudget budget = Retries.builder().build().newBudget(time);
        assertThat(budget.left()).isEqualTo(100);
        assertThat(withdrawAll(budget)).isEqualTo(100);
        assertThat(budget.left()).isZero();
        time.advance(Duration.ofSeconds(8));
        assertThat(withdrawAll(budget)).as("what was spent is still remembered").isZero();
        time.advance(Duration.ofSeconds(2));
        assertThat(withdrawAll(budget)).as("and then forgotten").isEqualTo(100);
    }

    @Test
    void fiveCallsPayForOneRetry() {
        RetryBudget budget = Retries.builder().minPerSecond(0).build().newBudget(time);
        deposit(budget, 4);
        assertThat(budget.tryWithdraw()).isFalse();
        deposit(budget, 1);
        assertThat(budget.tryWithdraw()).isTrue();
        assertThat(budget.tryWithdraw()).isFalse();
        deposit(budget, 995);
        assertThat(budget.left()).isEqualTo(199);
        assertThat(withdrawAll(budget)).isEqualTo(199);
    }

    @Test
    void depositsLiveTenSeconds() {
        RetryBudget budget = Retries.builder().minPerSecond(0).build().newBudget(time);
        deposit(budget, 100);
        time.advance(Duration.ofSeconds(9));
        deposit(budget, 50);
        time.advance(Duration.ofMillis(999));
        assertThat(budget.tryWithdraw()).isTrue();
        time.advance(Duration.ofMillis(1));
        assertThat(withdrawAll(budget)).as("10 of the 50, less the one taken").isEqualTo(9);
        time.advance(Duration.ofSeconds(9));
        assertThat(withdrawAll(budget)).isZero();
    }

    @Test
    void theWholeWindowPays() {
        // The window begins with the budget, not with the clock.
        time.advance(Duration.ofMillis(300));
        RetryBudget budget =
                Retries.builder().budgetPercent(100).minPerSecond(0).build().newBudget(time);
        // One call in each of the ten slices of the window.
        for (int slice = 0; slice < 10; slice++) {
            deposit(budget, 1);
            time.advance(Duration.ofMillis(slice == 9 ? 999 : 1_000));
        }
        assertThat(withdrawAll(budget)).isEqualTo(10);
        deposit(budget, 10);
        time.advance(Duration.ofMillis(1));
        assertThat(withdrawAll(budget))
                .as("less the ten that were taken, of which none is forgotten")
                .isEqualTo(9);
    }

    @Test
    void aLongSilenceForgetsEverything() {
        RetryBudget budget = Retries.builder().minPerSecond(1).build().newBudget(time);
        deposit(budget, 1000);
        assertThat(withdrawAll(budget)).isEqualTo(210);
        time.advance(Duration.ofHours(5));
        assertThat(withdrawAll(budget)).isEqualTo(10);
    }

    @Test
    void aBudgetOfNothingGivesNothing() {
        RetryBudget budget =
                Retries.builder().budgetPercent(0).minPerSecond(0).build().newBudget(time);
        deposit(budget, 10_000);
        assertThat(budget.tryWithdraw()).isFalse();
    }

    @Test
    void manyThreadsNeverTakeMoreThanWasPaidAndLeaveNothingBehind() throws Exception {
        int threads = 8;
        int rounds = 20_000;
        RetryBudget budget = Retries.builder().minPerSecond(10).build().newBudget(time);
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            CountDownLatch together = new CountDownLatch(1);
            List<Future<Integer>> counts = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                counts.add(pool.submit(() -> {
                    together.await();
                    int taken = 0;
                    for (int i = 0; i < rounds; i++) {
                        budget.deposit();
                        taken += budget.tryWithdraw() ? 1 : 0;
                    }
                    return taken;
                }));
            }
            together.countDown();
            int taken = 0;
            for (Future<Integer> count : counts) {
                taken += count.get(1, TimeUnit.MINUTES);
            }
            taken += withdrawAll(budget);
            assertThat(taken).isEqualTo(threads * rounds / 5 + 100);
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void noTokenPaysForTwoRetries() {
        List<Runnable> meanwhile = new ArrayList<>();
        Time interrupted = new Time() {
            @Override
            public long nanoTime() {
                if (!meanwhile.isEmpty()) {
                    meanwhile.remove(0).run();
                }
                return time.nanoTime();
            }

            @Override
            public Instant now() {
                return time.now();
            }

            @Override
            public Cancellable schedule(long delayNanos, Runnable task) {
                return time.schedule(delayNanos, task);
            }
        };
        RetryBudget budget =
                Retries.builder().budgetPercent(100).minPerSecond(0).build().newBudget(interrupted);
        budget.deposit();
        List<Boolean> other = new ArrayList<>();
        meanwhile.add(() -> other.add(budget.tryWithdraw()));
        assertThat(budget.tryWithdraw())
                .as("another call took the token under way")
                .isFalse();
        assertThat(other).containsExactly(true);
    }

    @Test
    void slicesThatPassWhileThreadsWorkLoseNoBound() throws Exception {
        int threads = 4;
        RetryBudget budget = Retries.builder().minPerSecond(0).build().newBudget(time);
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            List<Future<Integer>> counts = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                counts.add(pool.submit(() -> {
                    int taken = 0;
                    for (int i = 0; i < 20_000; i++) {
                        budget.deposit();
                        taken += budget.tryWithdraw() ? 1 : 0;
                    }
                    return taken;
                }));
            }
            for (int i = 0; i < 1_000; i++) {
                time.advance(Duration.ofMillis(100));
            }
            int taken = 0;
            for (Future<Integer> count : counts) {
                taken += count.get(1, TimeUnit.MINUTES);
            }
            assertThat(taken).isLessThanOrEqualTo(threads * 20_000 / 5);
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void getAndHeadMayRunTwiceByDefault() {
        Retries retries = Retries.builder().build();
        assertThat(retries.idempotent("GET")).isTrue();
        assertThat(retries.idempotent("HEAD")).isTrue();
        assertThat(retries.idempotent("POST")).isFalse();
        assertThat(Retries.builder().idempotentMethods(List.of("PUT")).build().idempotent("GET"))
                .isFalse();
    }

    @Test
    void equalSettingsAreEqualPolicies() {
        assertThat(Retries.builder().build())
                .isEqualTo(Retries.builder().build())
                .hasSameHashCodeAs(Retries.builder().build())
                .isNotEqualTo(Retries.builder().minPerSecond(9).build());
    }

    @Test
    void aBuilderStartsFromAnotherPolicy() {
        Retries all = Retries.builder()
                .maxAttempts(4)
                .budgetPercent(30)
                .minPerSecond(5)
                .ttl(Duration.ofSeconds(20))
                .idempotentMethods(Set.of("PUT"))
                .build();
        assertThat(all.toBuilder().build()).isEqualTo(all);
    }

    @Test
    void badValuesAreRejectedWithTheirRange() {
        Retries.Builder builder = Retries.builder();
        assertThatThrownBy(() -> builder.maxAttempts(0)).hasMessage("attempts per call was 0, expected 1 to 10");
        assertThatThrownBy(() -> builder.budgetPercent(101))
                .hasMessage("retry budget in percent was 101, expected 0 to 100");
        assertThatThrownBy(() -> builder.ttl(Duration.ofMillis(999)))
                .hasMessage("time to live of retry budget deposits was PT0.999S, expected PT1S to PT1M");
        assertThatThrownBy(() -> builder.ttl(Duration.ofMinutes(1).plusNanos(1)))
                .hasMessage("time to live of retry budget deposits was PT1M0.000000001S, expected PT1S to PT1M");
        assertThat(builder.ttl(Duration.ofSeconds(1)).ttl(Duration.ofMinutes(1)).build())
                .asString()
                .contains("ttl 60s");
    }
}
