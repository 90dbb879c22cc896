package dev.zerohop.internal;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Runs tasks one after another, in the order in which they came, on whichever thread brings the first one: nothing is handed to another thread,
 * so a test that calls in sees the effect when the call returns. A task that throws is reported and does not stop the next one.
 */
public final class SerialExecutor implements Executor {
    private final Queue<Runnable> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger pending = new AtomicInteger();
    private final Consumer<Throwable> onThrown;

    /** Reports what tasks throw to {@code onThrown}. */
    public SerialExecutor(Consumer<Throwable> onThrown) {
        this.onThrown = onThrown;
    }

    @Override
    public void execute(Runnable task) {
        queue.add(task);
        if (pending.getAndIncrement() != 0) {
            return;
        }
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
            // Nothing is left to tell; letting it out would leave the count of pending tasks wrong and stop the queue
            // for ever.
            thrown.addSuppressed(unreportable);
        }
    }
}
