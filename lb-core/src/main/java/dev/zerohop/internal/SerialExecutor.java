package dev.zerohop.internal;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Runs tasks one after another, in the order in which they came: on the threads of another executor or, without one, on whichever thread brings the first
 * task, so that the effect is there when the call returns. A task that throws is reported and does not stop the next one.
 */
public final class SerialExecutor implements Executor {
    private final Queue<Runnable> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger pending = new AtomicInteger();
    private final Executor threads;
    private final Consumer<Throwable> onThrown;

    /** On the calling thread; reports what tasks throw to {@code onThrown}. */
    public SerialExecutor(Consumer<Throwable> onThrown) {
        this(Runnable::run, onThrown);
    }

    /** On the threads of {@code threads}; reports what tasks throw to {@code onThrown}. */
    public SerialExecutor(Executor threads, Consumer<Throwable> onThrown) {
        this.threads = threads;
        this.onThrown = onThrown;
    }

    @Override
    public void execute(Runnable task) {
        queue.add(task);
        if (pending.getAndIncrement() != 0) {
            return;
        }
        try {
            threads.execute(this::drain);
        } catch (RejectedExecutionException rejected) {
            // What came meanwhile would be rejected as well; the next task tries again.
            queue.clear();
            pending.set(0);
            throw rejected;
        }
    }

    private void drain() {
        do {
            Runnable next = queue.poll();
            if (next != null) {
                run(next);
            }
        } while (pending.decrementAndGet() != 0);
    }

    private void run(Runnable task) {
        try {
            task.run();
        } catch (Throwable thrown) {
            report(thrown);
        }
    }

    private void report(Throwable thrown) {
        try {
            onThrown.accept(thrown);
        } catch (Throwable unreportable) {
            // Nothing is left to report it to; letting it out would leave the count of pending tasks wrong and stop the
            // queue
            // for ever.
            thrown.addSuppressed(unreportable);
        }
    }
}
