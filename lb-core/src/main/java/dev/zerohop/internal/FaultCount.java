package dev.zerohop.internal;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts what one part throws that others wrote, and says what to report: the first failure, and then each power of two, so that a part that stays broken is seen
 * and does not flood. Thread-safe.
 */
public final class FaultCount {
    private final AtomicLong failures = new AtomicLong();

    /** A count of 0. */
    public FaultCount() {}

    /** Counts one failure. Returns how many there are if this one is to be reported, else 0. */
    public long next() {
        long count = failures.incrementAndGet();
        return Long.bitCount(count) == 1 ? count : 0;
    }
}
