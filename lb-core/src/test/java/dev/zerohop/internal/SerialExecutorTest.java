package dev.zerohop.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
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
        AtomicBoolean rejects = new AtomicBoolean(true);
        SerialExecutor serial = new SerialExecutor(
                task -> {
                    if (rejects.get()) {
                        throw new RejectedExecutionException("full");
                    }
                    task.run();
                },
                thrown::add);
        assertThatThrownBy(() -> serial.execute(() -> ran.add("rejected")))
                .isInstanceOf(RejectedExecutionException.class);
        rejects.set(false);
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
