package dev.zerohop.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Cancellable;
import dev.zerohop.testing.FakeTime;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SerialExecutorTest {
    private final List<Throwable> thrown = new ArrayList<>();
    private final List<String> ran = new ArrayList<>();
    private final FakeTime time = new FakeTime();
    private final AtomicBoolean out = new AtomicBoolean(true);

    /** Runs tasks at once, but fails so while {@link #out} is set. */
    private Executor threads(Throwable failure) {
        return task -> {
            if (!out.get()) {
                task.run();
            } else if (failure instanceof Error error) {
                throw error;
            } else {
                throw (RuntimeException) failure;
            }
        };
    }

    /** With a timer of a second. */
    private SerialExecutor repeating(Throwable failure) {
        return new SerialExecutor(threads(failure), thrown::add, again -> {
            Cancellable ignored = time.schedule(1_000_000_000, again);
        });
    }

    @Test
    void tasksRunInOrderOnOneTurnOfTheThreads() {
        ArrayDeque<Runnable> threads = new ArrayDeque<>();
        SerialExecutor serial = new SerialExecutor(threads::add, thrown::add);
        serial.execute(() -> {
            ran.add("a");
            serial.execute(() -> ran.add("c"));
        });
        serial.execute(() -> ran.add("b"));
        assertThat(ran).isEmpty();
        assertThat(threads).hasSize(1);
        threads.remove().run();
        assertThat(ran).containsExactly("a", "b", "c");
        serial.execute(() -> ran.add("d"));
        threads.remove().run();
        assertThat(ran).endsWith("d");
    }

    @Test
    void aTaskThatThrowsIsReportedAndKeepsNoOtherFromRunning() {
        SerialExecutor serial = new SerialExecutor(thrown::add);
        IllegalStateException exception = new IllegalStateException("on purpose");
        OutOfMemoryError error = new OutOfMemoryError("on purpose");
        serial.execute(() -> {
            throw exception;
        });
        serial.execute(() -> {
            throw error;
        });
        serial.execute(() -> ran.add("after"));
        assertThat(thrown).containsExactly(exception, error);
        assertThat(ran).containsExactly("after");
    }

    @Test
    void aReportThatThrowsKeepsNoTaskFromRunning() {
        SerialExecutor serial = new SerialExecutor(reported -> {
            throw new AssertionError("on purpose");
        });
        serial.execute(() -> {
            throw new IllegalStateException("on purpose");
        });
        serial.execute(() -> ran.add("after"));
        assertThat(ran).containsExactly("after");
    }

    @Test
    void aRejectedTaskDoesNotStopTheNext() {
        SerialExecutor serial = new SerialExecutor(threads(new RejectedExecutionException("full")), thrown::add);
        assertThatThrownBy(() -> serial.execute(() -> ran.add("rejected")))
                .isInstanceOf(RejectedExecutionException.class);
        out.set(false);
        serial.execute(() -> ran.add("taken"));
        assertThat(ran).containsExactly("taken");
    }

    /** No memory for another thread: an Error. */
    @Test
    void threadsThatCannotBeMadeAreRequestedAgainAndNoTaskIsLost() {
        SerialExecutor serial = repeating(new OutOfMemoryError("unable to create native thread"));
        serial.execute(() -> ran.add("a"));
        serial.execute(() -> ran.add("b"));
        time.advance(Duration.ofSeconds(30));
        assertThat(ran).isEmpty();
        out.set(false);
        time.advance(Duration.ofSeconds(1));
        assertThat(ran).containsExactly("a", "b");
        assertThat(time.pendingTasks()).isZero();
        serial.execute(() -> ran.add("c"));
        assertThat(ran).endsWith("c");
    }

    @Test
    void threadsThatStayAwayAreGivenUpAfterTenMinutesAndTheNextTaskTriesAnew() {
        SerialExecutor serial = repeating(new RejectedExecutionException("ended"));
        serial.execute(() -> ran.add("dropped"));
        time.advance(Duration.ofMinutes(11));
        assertThat(time.pendingTasks()).isZero();
        assertThat(thrown).hasSize(1);
        out.set(false);
        serial.execute(() -> ran.add("taken"));
        assertThat(ran).containsExactly("taken");
    }

    @Test
    void anErrorWithoutATimerDoesNotStopTheNext() {
        SerialExecutor serial =
                new SerialExecutor(threads(new OutOfMemoryError("unable to create native thread")), thrown::add);
        assertThatThrownBy(() -> serial.execute(() -> ran.add("refused"))).isInstanceOf(OutOfMemoryError.class);
        out.set(false);
        serial.execute(() -> ran.add("taken"));
        assertThat(ran).containsExactly("taken");
    }

    @Test
    void tasksOfManyThreadsNeverOverlapAndNoneIsLost() throws InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        SerialExecutor serial = new SerialExecutor(threads, thrown::add);
        int tasks = 4_000;
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger overlaps = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(4 * tasks);
        for (int thread = 0; thread < 4; thread++) {
            new Thread(() -> {
                        for (int i = 0; i < tasks; i++) {
                            serial.execute(() -> {
                                if (inside.getAndIncrement() != 0) {
                                    overlaps.incrementAndGet();
                                }
                                inside.decrementAndGet();
                                done.countDown();
                            });
                        }
                    })
                    .start();
        }
        assertThat(done.await(1, TimeUnit.MINUTES)).isTrue();
        assertThat(overlaps).hasValue(0);
        assertThat(threads.shutdownNow()).isEmpty();
    }
}
