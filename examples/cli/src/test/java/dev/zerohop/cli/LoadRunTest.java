package dev.zerohop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.EndpointSelector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LoadRunTest {
    private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(2);
    private final List<String> keys = Collections.synchronizedList(new ArrayList<>());
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();

    @AfterEach
    void end() {
        timer.shutdownNow();
    }

    @Test
    void aClosedLoopKeepsItsConcurrencyAndMakesExactlyTheCalls() throws InterruptedException {
        CallStats stats = new LoadRun(answeringAfter(2), plan(100, Long.MAX_VALUE, 4, 0, index -> null)).run();
        assertThat(stats.calls()).isEqualTo(100);
        assertThat(stats.ok()).isEqualTo(100);
        assertThat(most).hasValue(4);
    }

    @Test
    void idsAreWalkedOneKeyPerCall() throws InterruptedException {
        CallKeys ids = CallKeys.of(null, null, "-1-2");
        new LoadRun(answeringAfter(0), plan(6, Long.MAX_VALUE, 1, 0, ids.keys())).run();
        assertThat(keys).containsExactly("-1", "0", "1", "2", "-1", "0");
        assertThat(ids.count()).isEqualTo(4);
    }

    @Test
    void inAnOpenLoopTheLatencyCountsFromTheIntendedStart() throws InterruptedException {
        // One call at a time takes 20 ms, a hundred a second are wanted: the twentieth starts some 200 ms late and says
        // so.
        CallStats stats = new LoadRun(answeringAfter(20), plan(20, Long.MAX_VALUE, 1, 100, index -> null)).run();
        assertThat(stats.percentileMillis(99)).isGreaterThan(150);
    }

    @Test
    void anOpenLoopDoesNotWaitForSlowAnswers() throws InterruptedException {
        new LoadRun(answeringAfter(300), plan(20, Long.MAX_VALUE, 1_000, 200, index -> null)).run();
        assertThat(most.get()).isGreaterThan(10);
    }

    @Test
    void aDurationEndsTheRunAndCallsUnderWayAreCounted() throws InterruptedException {
        long duration = Duration.ofMillis(200).toNanos();
        CallStats stats = new LoadRun(answeringAfter(50), plan(Long.MAX_VALUE, duration, 2, 0, index -> null)).run();
        assertThat(stats.calls()).isBetween(2L, 10L);
        assertThat(running).hasValue(0);
    }

    @Test
    void whatIsTakenBySecondsAddsUpToTheTotal() throws InterruptedException {
        LoadRun run = new LoadRun(answeringAfter(1), plan(50, Long.MAX_VALUE, 5, 0, index -> null));
        CallStats total = run.run();
        long first = run.takeSecond().calls();
        assertThat(first).isEqualTo(total.calls());
        assertThat(run.takeSecond().calls()).isZero();
    }

    @Test
    void stopEndsAnEndlessRun() throws Exception {
        LoadRun run = new LoadRun(answeringAfter(1), plan(Long.MAX_VALUE, Long.MAX_VALUE, 1, 0, index -> null));
        timer.schedule(run::stop, 50, TimeUnit.MILLISECONDS);
        assertThat(run.run().calls()).isPositive();
    }

    private static LoadPlan plan(long count, long duration, int concurrency, double rate, LoadPlan.Keys keys) {
        return new LoadPlan(count, duration, concurrency, rate, TimeUnit.SECONDS.toNanos(5), keys);
    }

    private Caller answeringAfter(long millis) {
        return new Caller() {
            @Override
            public void awaitReady(long nanos) {}

            @Override
            public void call(@Nullable EndpointSelector key, Consumer<CallResult> done) {
                if (key != null) {
                    keys.add(Long.toString(key.number()));
                }
                most.accumulateAndGet(running.incrementAndGet(), Math::max);
                Runnable answer = () -> {
                    running.decrementAndGet();
                    done.accept(new CallResult(null, "e", "s", 0));
                };
                if (millis == 0) {
                    answer.run();
                } else {
                    timer.schedule(answer, millis, TimeUnit.MILLISECONDS);
                }
            }

            @Override
            public void close() {}
        };
    }
}
