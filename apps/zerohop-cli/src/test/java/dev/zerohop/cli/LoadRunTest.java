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
import java.util.concurrent.atomic.AtomicReference;
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
        CallStats stats = new LoadRun(answeringWhenThereAre(4), plan(100, Long.MAX_VALUE, 4, 0, index -> null)).run();
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
        CallStats stats =
                new LoadRun(answeringWhenThereAre(20), plan(20, Long.MAX_VALUE, 1_000, 200, index -> null)).run();
        assertThat(stats.ok()).isEqualTo(20);
        assertThat(most).hasValue(20);
    }

    @Test
    void aDurationEndsTheRunAndCallsUnderWayAreCounted() throws InterruptedException {
        long duration = Duration.ofSeconds(1).toNanos();
        CallStats stats = new LoadRun(answeringAfter(250), plan(Long.MAX_VALUE, duration, 2, 0, index -> null)).run();
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
        AtomicInteger asked = new AtomicInteger();
        AtomicReference<LoadRun> endless = new AtomicReference<>();
        LoadPlan.Keys stopsAtTheThird = index -> {
            if (asked.incrementAndGet() == 3) {
                endless.get().stop();
            }
            return null;
        };
        endless.set(new LoadRun(answeringAfter(1), plan(Long.MAX_VALUE, Long.MAX_VALUE, 1, 0, stopsAtTheThird)));
        assertThat(endless.get().run().calls()).isEqualTo(3);
    }

    private static LoadPlan plan(long count, long duration, int concurrency, double rate, LoadPlan.Keys keys) {
        return new LoadPlan(count, duration, concurrency, rate, TimeUnit.SECONDS.toNanos(60), keys);
    }

    private Caller answeringAfter(long millis) {
        return new Answering(answer -> {
            if (millis == 0) {
                answer.run();
            } else {
                timer.schedule(answer, millis, TimeUnit.MILLISECONDS);
            }
        });
    }

    /** Answers nobody until so many calls are under way, then all of them. */
    private Caller answeringWhenThereAre(int calls) {
        List<Runnable> waiting = new ArrayList<>();
        return new Answering(answer -> {
            waiting.add(answer);
            if (waiting.size() == calls) {
                List<Runnable> all = List.copyOf(waiting);
                waiting.clear();
                timer.execute(() -> all.forEach(Runnable::run));
            }
        });
    }

    private final class Answering implements Caller {
        private final Consumer<Runnable> answers;

        Answering(Consumer<Runnable> answers) {
            this.answers = answers;
        }

        @Override
        public void awaitReady(long nanos) {}

        @Override
        public void call(@Nullable EndpointSelector key, Consumer<CallResult> done) {
            if (key != null) {
                keys.add(Long.toString(key.number()));
            }
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            answers.accept(() -> {
                running.decrementAndGet();
                done.accept(new CallResult(null, "e", "s", 0));
            });
        }

        @Override
        public @Nullable String unconfigured() {
            return null;
        }

        @Override
        public @Nullable String unnumbered() {
            return null;
        }

        @Override
        public void close() {}
    }
}
