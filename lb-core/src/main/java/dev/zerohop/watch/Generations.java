package dev.zerohop.watch;

import dev.zerohop.Cancellable;
import dev.zerohop.Time;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Numbers attempts, so that an answer to an attempt that was given up is recognised. Each has a number and a timer; what an earlier one still has to say
 * is dropped. Everything but {@link #run} is for tasks of the serial executor.
 */
public final class Generations {
    private final Executor serial;
    private final Time time;
    private final Consumer<Throwable> onThrown;
    private long current;
    private boolean closed;
    private @Nullable Cancellable timer;

    /** Begins with the first attempt. {@code onThrown} takes what a task throws; it ends the attempt, so that nothing stops for ever. */
    public Generations(Executor serial, Time time, Consumer<Throwable> onThrown) {
        this.serial = serial;
        this.time = time;
        this.onThrown = onThrown;
    }

    /** The number of the attempt that is under way. */
    public long current() {
        return current;
    }

    /** Ends the attempt with its timer and begins the next; returns its number. */
    public long next() {
        cancelTimer();
        return ++current;
    }

    /** Ends everything; no later attempt does anything. */
    public void close() {
        next();
        closed = true;
    }

    /** Whether all is ended. */
    public boolean closed() {
        return closed;
    }

    /** Runs a task on the serial executor, unless the attempt is over by then. Thread-safe. */
    public void run(long generation, Runnable task) {
        serial.execute(() -> {
            if (generation == current && !closed) {
                guarded(task);
            }
        });
    }

    /** Runs a task of the present attempt now; for what begins one. */
    public void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | LinkageError | AssertionError thrown) {
            onThrown.accept(thrown);
        }
    }

    /** Sets the timer of this attempt, instead of what it was set to. */
    public void schedule(long delayNanos, Runnable task) {
        cancelTimer();
        long mine = current;
        timer = time.schedule(delayNanos, () -> run(mine, task));
    }

    /** Stops the timer. */
    public void cancelTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }
}
