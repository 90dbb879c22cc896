package dev.zerohop.probe;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Time;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds the load probes of one endpoint, however many calls want one: 4 at a time, and 5 a second, after a start of 20, of those that cost more than their answer is worth. These are the
 * ones that are cut off: a server may close the connection of a client that resets many streams (CVE-2023-44487; servers on Netty at 200 in 30 s), and over HTTP/1 each takes its connection
 * with it. And those that bring no report. Thread-safe; no method blocks.
 */
public final class ProbeLimit {
    /** How many may be under way. */
    public static final int UNDER_WAY = 4;

    private static final long EACH_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final long ALLOWANCE_NANOS = 20 * EACH_NANOS;

    private final Time time;
    private final AtomicInteger underWay = new AtomicInteger();

    /** When those that were wasted so far would have ended, at so many a second. */
    private final AtomicLong wastedUntilNanos;

    /** A limit for one endpoint. */
    public ProbeLimit(Time time) {
        this.time = requireNonNull(time, "time");
        this.wastedUntilNanos = new AtomicLong(time.nanoTime());
    }

    /** Whether a probe may begin now. If so, it must be {@linkplain #end ended}. */
    public boolean begin() {
        if (wastedUntilNanos.get() - time.nanoTime() > ALLOWANCE_NANOS - EACH_NANOS) {
            return false;
        }
        if (underWay.incrementAndGet() > UNDER_WAY) {
            underWay.decrementAndGet();
            return false;
        }
        return true;
    }

    /**
     * A probe is over.
     *
     * @param wasted whether it was cut off or brought no report
     */
    public void end(boolean wasted) {
        underWay.decrementAndGet();
        if (wasted) {
            long now = time.nanoTime();
            wastedUntilNanos.updateAndGet(until -> (until - now < 0 ? now : until) + EACH_NANOS);
        }
    }
}
