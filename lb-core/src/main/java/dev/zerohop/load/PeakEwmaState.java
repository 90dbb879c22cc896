package dev.zerohop.load;

import dev.zerohop.LoadMetric;
import dev.zerohop.Outcome;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The Peak-EWMA of one node. Lock-free: the cost and the instant at which it was right lie in one long, so that an update is one compare-and-set and
 * no reader sees one without the other.
 */
final class PeakEwmaState implements LoadMetric.Load {
    /**
     * The cost never exceeds 100 seconds, or failures in a row would multiply it beyond any recovery. With the default decay an endpoint comes back
     * from there among others of 10 ms in a minute and a half.
     */
    static final double MAX_COST_NANOS = 1e11;

    /** What an endpoint that never answered well is taken to cost when it fails: far above a healthy one, far below the maximum. */
    static final double FAILING_UNKNOWN_NANOS = 1e9;

    /** Finagle's penalty for an endpoint that has work but has never answered. More than any known cost. */
    static final double BUSY_UNKNOWN_NANOS = Long.MAX_VALUE >> 16;

    private static final double LOG2_E = 1.4426950408889634;

    /** A clock of another core may be behind by less than this. */
    private static final long BACKWARDS_TICKS = 1 << 20;

    private static final VarHandle STATE;
    private static final VarHandle SINCE;
    private static final VarHandle GOOD;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            STATE = lookup.findVarHandle(PeakEwmaState.class, "state", long.class);
            SINCE = lookup.findVarHandle(PeakEwmaState.class, "since", long.class);
            GOOD = lookup.findVarHandle(PeakEwmaState.class, "good", double.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final double errorPenalty;

    /** Halvings of the cost in one tick. */
    private final double halvings;

    /** A tick is 2^tickShift ns: a decay has 4096 to 8192 of them, and 32 bits of them last for half a million decays. */
    private final int tickShift;

    /** The cost in ns as a float above, the tick of its last change below; 0 before the first sample. */
    @SuppressWarnings("unused")
    private long state;

    /**
     * The start of the first attempt that began after the last answer, or 0. While it is set and there is work, that attempt is still unanswered, so
     * its age is a lower bound for the age of the oldest attempt. In a full stall the two differ by one interval between calls; unlike the oldest,
     * it does not grow under a long-lived stream beside which other calls are answered, and it needs no list of attempts.
     */
    @SuppressWarnings("unused")
    private long since;

    /** The cost after the last good answer; 0 before the first. Does not decay. */
    @SuppressWarnings("unused")
    private double good;

    PeakEwmaState(long decayNanos, double errorPenalty) {
        this.errorPenalty = errorPenalty;
        this.tickShift = Math.max(0, 63 - Long.numberOfLeadingZeros(decayNanos >> 12));
        this.halvings = LOG2_E * (1L << tickShift) / decayNanos;
    }

    @Override
    public void started(long nowNanos) {
        if ((long) SINCE.getOpaque(this) == 0) {
            SINCE.setOpaque(this, nowNanos == 0 ? 1 : nowNanos);
        }
    }

    @Override
    public void answered(long nowNanos, long latencyNanos) {
        sample(nowNanos, latencyNanos, Outcome.SUCCESS);
    }

    @Override
    public void ended(long nowNanos, long latencyNanos, Outcome outcome, boolean answered) {
        if (!answered || outcome.isFailure()) {
            sample(nowNanos, latencyNanos, outcome);
        }
    }

    private void sample(long nowNanos, long latencyNanos, Outcome outcome) {
        if (outcome == Outcome.CANCELLED || outcome == Outcome.LEAKED) {
            // No answer. But if it is the attempt whose age is watched, there is nothing to watch any more.
            // One that leaked is known to be at least so old.
            long began = nowNanos - latencyNanos;
            long watched = (long) SINCE.getOpaque(this);
            if (outcome == Outcome.LEAKED ? watched - began <= 0 : watched == began) {
                SINCE.setOpaque(this, 0L);
            }
            return;
        }
        SINCE.setOpaque(this, 0L);
        int tick = (int) (nowNanos >> tickShift);
        long before = (long) STATE.getOpaque(this);
        if (before != 0 && (int) before == tick && outcome == Outcome.SUCCESS && latencyNanos <= costOf(before)) {
            // No peak, and no time has gone by for an improvement: the update would change nothing.
            GOOD.setOpaque(this, costOf(before));
            return;
        }
        double cost;
        do {
            before = (long) STATE.getOpaque(this);
            cost = next(before, tick, latencyNanos, outcome);
        } while (!STATE.weakCompareAndSetPlain(this, before, pack(cost, tick)));
        if (outcome == Outcome.SUCCESS) {
            GOOD.setOpaque(this, cost);
        }
    }

    private double next(long before, int tick, long latencyNanos, Outcome outcome) {
        double cost = costOf(before);
        double kept = before == 0 ? 0 : keep(before, tick);
        double sample = latencyNanos;
        if (outcome.isFailure()) {
            double good = (double) GOOD.getOpaque(this);
            double basis = good == 0 ? FAILING_UNKNOWN_NANOS : good;
            sample = Math.max(Math.max(cost * kept, basis), sample) * errorPenalty;
        }
        // A peak counts at once, an improvement as time goes by.
        double next = before == 0 || sample > cost ? sample : cost * kept + sample * (1 - kept);
        return Math.min(MAX_COST_NANOS, Math.max(1, next));
    }

    @Override
    public double value(long nowNanos, int inFlight) {
        long state = (long) STATE.getOpaque(this);
        if (state == 0) {
            return inFlight == 0 ? 0 : BUSY_UNKNOWN_NANOS + inFlight;
        }
        double cost = costOf(state) * keep(state, (int) (nowNanos >> tickShift));
        if (inFlight > 0) {
            long since = (long) SINCE.getOpaque(this);
            if (since != 0) {
                cost = Math.max(cost, (double) (nowNanos - since));
            }
        }
        return cost * (inFlight + 1);
    }

    private static long pack(double cost, int tick) {
        return (long) Float.floatToRawIntBits((float) cost) << 32 | (tick & 0xFFFFFFFFL);
    }

    private static double costOf(long state) {
        return Float.intBitsToFloat((int) (state >>> 32));
    }

    /** How much of a cost is left at a tick. */
    private double keep(long state, int tick) {
        int passed = tick - (int) state;
        if (passed == 0) {
            return 1;
        }
        return passed < 0 && passed > -BACKWARDS_TICKS ? 1 : twoToMinus((passed & 0xFFFFFFFFL) * halvings);
    }

    /** 2^-x for x >= 0, to 0.1 %, several times faster than Math.exp: the pick does this twice. Monotonic; exact at integers. */
    static double twoToMinus(double x) {
        if (x >= 1_000) {
            return 0;
        }
        int whole = (int) x;
        double part = x - whole;
        double fraction = 1 + part * (-0.6931 + part * (0.23277 - part * 0.03967));
        return fraction * Double.longBitsToDouble((1023L - whole) << 52);
    }
}
