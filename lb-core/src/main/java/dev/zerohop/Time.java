package dev.zerohop;

import java.time.Instant;

/**
 * The clock and the timers. One object for both, so that a test or a simulator moves them together. Thread-safe.
 */
public interface Time {

    /** Monotonic nanoseconds; only differences mean anything. */
    long nanoTime();

    /** The wall clock, for ages that outlive the process and for people. */
    Instant now();

    /**
     * Runs {@code task} once after {@code delayNanos}. The task must be short and must not block.
     */
    Cancellable schedule(long delayNanos, Runnable task);

    /** The machine's clock and the process's one daemon scheduler. */
    static Time system() {
        return SystemTime.INSTANCE;
    }
}
