package dev.zerohop.probe;

import dev.zerohop.Time;
import java.net.SocketTimeoutException;
import java.util.concurrent.TimeUnit;

/** The end of one probe as a whole, whatever its steps. */
final class Deadline {
    private final Time time;
    private final long atNanos;

    Deadline(Time time, long nanos) {
        this.time = time;
        this.atNanos = time.nanoTime() + nanos;
    }

    /** What is left, at least 1. */
    int millis() throws SocketTimeoutException {
        return millis(1);
    }

    /** The part of what is left for the next of so many steps, at least 1. */
    int millis(int steps) throws SocketTimeoutException {
        long left = atNanos - time.nanoTime();
        if (left <= 0) {
            throw new SocketTimeoutException("the probe timed out");
        }
        return (int) Math.max(1, Math.min(Integer.MAX_VALUE, TimeUnit.NANOSECONDS.toMillis(left) / steps));
    }
}
