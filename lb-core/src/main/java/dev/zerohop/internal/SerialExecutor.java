package dev.zerohop.internal;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs tasks one after another, in the order in which they came: on the threads of another executor or, without one, on whichever thread brings the first
 * task, so that the effect is there when the call returns. A task that throws is reported and does not stop the next one. Threads that are refused or cannot be made are requested
 * again later, if there is a timer; no task is lost by it unless that happens 600 times on end. Without a timer what waits is dropped, and {@link #execute} throws.
 */
public final class SerialExecutor implements Executor {
    private static final int MAX_RETRIES = 600;

    private final Queue<Runnable> queue = new ConcurrentLinkedQueue<>();
    private final AtomicInteger pending = new AtomicInteger();
    private final Executor threads;
    private final Consumer<Throwable> onThrown;
    private final @Nullable Executor later;

    /** How often the threads were refused one after another. Written by the thread that has the turn. */
    private volatile int refused;

    /** On the calling thread; reports what tasks throw to {@code onThrown}. */
    public SerialExecutor(Consumer<Throwable> onThrown) {
        this(Runnable::run, onThrown, null);
    }

    /** On the threads of {@code threads}; reports what tasks throw to {@code onThrown}. */
    public SerialExecutor(Executor threads, Consumer<Throwable> onThrown) {
        this(threads, onThrown, null);
    }

    /** On the threads of {@code threads}, which are requested again when they are refused, by a task that {@code later} runs after a while; reports what tasks throw to {@code onThrown}. */
    public SerialExecutor(Executor threads, Consumer<Throwable> onThrown, @Nullable Executor later) {
        this.threads = threads;
        this.onThrown = onThrown;
        this.later = later;
    }

    @Override
    public void execute(Runnable task) {
        queue.add(task);
        if (pending.getAndIncrement() == 0) {
            begin();
        }
    }

    /** On the thread that has the turn: that of the first task, or of the timer. */
    private void begin() {
        try {
            threads.execute(this::drain);
        } catch (Throwable thrown) {
            // Errors as well: most often there is no memory for another thread.
            if (!again(thrown)) {
                throw thrown;
            }
        }
    }

    private void beginAgain() {
        try {
            begin();
        } catch (Throwable thrown) {
            report(thrown);
        }
    }

    /** Whether the threads will be requested again; if not, what waits is dropped. */
    private boolean again(Throwable thrown) {
        int times = refused + 1;
        refused = times;
        if (later != null && times <= MAX_RETRIES) {
            try {
                later.execute(this::beginAgain);
                return true;
            } catch (Throwable noTimer) {
                thrown.addSuppressed(noTimer);
            }
        }
        // What came meanwhile would be refused as well; the next task tries again.
        refused = 0;
        queue.clear();
        pending.set(0);
        return false;
    }

    private void drain() {
        refused = 0;
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
            // There is nothing left to report it to. Thrown on, it would leave the count of pending tasks wrong and
            // stop
            // the queue for ever.
            thrown.addSuppressed(unreportable);
        }
    }
}
