package dev.zerohop.monitor;

import dev.zerohop.Outcome;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * What was counted at one endpoint. {@link #picked} and {@link #ended} are for every thread, the rest for one at a time.
 *
 * <p>Plain fields of one object and not adders: an attempt at one of many endpoints pays for each line of memory that it touches, and the node has a counter for every attempt anyway.
 */
final class EndpointCounts {
    /** The bits of a sum of durations, in microseconds: 76 hours, which would take 4,500 attempts that end every minute after a minute. */
    private static final int SUM_BITS = 38;

    private static final long SUM = (1L << SUM_BITS) - 1;
    private static final long MICRO = 1_000;

    private static final VarHandle ATTEMPTS;
    private static final VarHandle OK;
    private static final VarHandle FAILED;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            ATTEMPTS = lookup.findVarHandle(EndpointCounts.class, "attempts", long.class);
            OK = lookup.findVarHandle(EndpointCounts.class, "ok", long.class);
            FAILED = lookup.findVarHandle(EndpointCounts.class, "failed", long.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private volatile long attempts;

    /** Those that ended well, above the sum of their durations. It may run over: the difference of two of its values is right if what was added between fits. */
    private volatile long ok;

    private volatile long failed;

    private final SliceStarts attemptsBefore = new SliceStarts();
    private final SliceStarts okBefore = new SliceStarts();
    private final SliceStarts failedBefore = new SliceStarts();

    void picked() {
        ATTEMPTS.getAndAdd(this, 1L);
    }

    void ended(Outcome outcome, long latencyNanos) {
        if (outcome == Outcome.SUCCESS) {
            OK.getAndAdd(this, (1L << SUM_BITS) + Math.min(SUM, (latencyNanos + MICRO / 2) / MICRO));
        } else if (outcome.isFailure()) {
            FAILED.getAndAdd(this, 1L);
        }
    }

    void begin(long before, long slice) {
        attemptsBefore.begin(before, slice, attempts);
        okBefore.begin(before, slice, ok);
        failedBefore.begin(before, slice, failed);
    }

    EndpointTraffic read(long slice) {
        long both = okBefore.sum(slice, ok);
        long good = both >>> SUM_BITS;
        double latency = good == 0 ? Double.NaN : (double) (both & SUM) * MICRO / good;
        long begun = attempts;
        long bad = failed;
        return new EndpointTraffic(
                attemptsBefore.sum(slice, begun),
                good,
                failedBefore.sum(slice, bad),
                latency,
                attemptsBefore.each(slice, begun),
                failedBefore.each(slice, bad));
    }
}
