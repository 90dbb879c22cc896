package dev.zerohop.load;

import dev.zerohop.LoadMetric;
import dev.zerohop.Outcome;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The Peak-EWMA of one node. Lock-free: the cost and the instant at which it was right lie in one long, so that an update is one compare-and-set and
 * no reader sees one without the other.
 *
 * <p>Failures are kept apart from the cost. They multiply it while they are recent and never become part of it; otherwise every failure would be measured by the
 * penalty of the one before it, and a few errors in a thousand calls would make fast endpoints look slower than slow ones.
 */
final class PeakEwmaState implements LoadMetric.Load {
    /** The load of an endpoint without attempts under way never exceeds 100 seconds, whatever it has done. */
    static final double MAX_COST_NANOS = 1e11;

    /** What an endpoint that never answered well is taken to cost when it fails: far above a healthy one, far below the maximum. */
    static final double FAILING_UNKNOWN_NANOS = 1e9;

    /** Finagle's penalty for an endpoint that has work but has never answered. More than any known cost. */
    static final double BUSY_UNKNOWN_NANOS = Long.MAX_VALUE >> 16;

    /** A first failure is held against the endpoint for a fifth of the decay, the second in a row for four times as long, further ones for sixteen times. */
    static final int HOLDS_PER_DECAY = 5;

    private static final int LONGEST_HOLD_ROW = 3;

    /** From here on a row of failures counts no higher. */
    private static final int MAX_ROW = 10;

    private static final double LOG2_E = 1.4426950408889634;

    /** A clock of another core may be behind by less than this. */
    private static final int BACKWARDS_TICKS = 1 << 20;

    private static final VarHandle STATE;
    private static final VarHandle SINCE;
    private static final VarHandle FAILING;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            STATE = lookup.findVarHandle(PeakEwmaState.class, "state", long.class);
            SINCE = lookup.findVarHandle(PeakEwmaState.class, "since", long.class);
            FAILING = lookup.findVarHandle(PeakEwmaState.class, "failing", long.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    /** How often a failure doubles the load. */
    private final double doublings;

    /** Halvings of the cost in one tick. */
    private final double halvings;

    /** A tick is 2^tickShift ns: a decay has 4096 to 8192 of them, and 32 bits of them last for half a million decays. */
    private final int tickShift;

    /** How long a first failure is held against the endpoint. */
    private final int holdTicks;

    private final int decayTicks;

    /**
     * The cost in ns as a float above, the tick of its last change below; 0 before the first sample. A cost below 0 is a lower bound: cancelled attempts
     * took at least so long, and none was answered well yet.
     */
    @SuppressWarnings("unused")
    private long state;

    /**
     * The start of the first attempt that began after the last answer, or 0. While it is set and there is work, that attempt is still unanswered, so
     * its age is a lower bound for the age of the oldest attempt. In a full stall the two differ by one interval between calls; unlike the oldest,
     * it does not grow under a long-lived stream beside which other calls are answered, and it needs no list of attempts.
     */
    @SuppressWarnings("unused")
    private long since;

    /** The number of failures in a row above, the tick of the last below; 0 after an answer, as it nearly always is. */
    @SuppressWarnings("unused")
    private long failing;

    PeakEwmaState(long decayNanos, double errorPenalty) {
        this.doublings = StrictMath.log(errorPenalty) * LOG2_E;
        this.tickShift = Math.max(0, 63 - Long.numberOfLeadingZeros(decayNanos >> 12));
        this.halvings = LOG2_E * (1L << tickShift) / decayNanos;
        this.decayTicks = (int) (decayNanos >> tickShift);
        this.holdTicks = decayTicks / HOLDS_PER_DECAY;
    }

    @Override
    public void started(long nowNanos) {
        if ((long) SINCE.getOpaque(this) == 0) {
            SINCE.setOpaque(this, nowNanos == 0 ? 1 : nowNanos);
        }
    }

    @Override
    public void answered(long nowNanos, long latencyNanos) {
        SINCE.setOpaque(this, 0L);
        if ((long) FAILING.getOpaque(this) != 0) {
            FAILING.setOpaque(this, 0L);
        }
        int tick = (int) (nowNanos >> tickShift);
        long before = (long) STATE.getOpaque(this);
        if ((int) before == tick && latencyNanos <= costOf(before)) {
            // No peak, and no time has gone by for an improvement: the update would change nothing.
            return;
        }
        double next;
        do {
            before = (long) STATE.getOpaque(this);
            double cost = costOf(before);
            if (latencyNanos > cost) {
                next = latencyNanos;
            } else {
                // A sample of long ago is forgotten at once: what a look has found out counts, and not a tenth of it.
                double kept = isOld(before, tick) ? 0 : keep(before, tick);
                next = cost * kept + latencyNanos * (1 - kept);
            }
        } while (!STATE.weakCompareAndSetPlain(this, before, pack(next, tick)));
    }

    @Override
    public void ended(long nowNanos, long latencyNanos, Outcome outcome, boolean answered) {
        if (outcome == Outcome.SUCCESS) {
            if (!answered) {
                answered(nowNanos, latencyNanos);
            }
        } else if (outcome.isFailure()) {
            SINCE.setOpaque(this, 0L);
            failed((int) (nowNanos >> tickShift), (int) ((nowNanos - latencyNanos) >> tickShift));
        } else {
            // No answer. But if it is the attempt whose age is watched, there is nothing to watch any more.
            // One that leaked is known to be at least so old.
            long began = nowNanos - latencyNanos;
            long watched = (long) SINCE.getOpaque(this);
            if (outcome == Outcome.LEAKED ? watched - began <= 0 : watched == began) {
                SINCE.setOpaque(this, 0L);
            }
            if (outcome == Outcome.CANCELLED && !answered) {
                tookAtLeast((int) (nowNanos >> tickShift), latencyNanos);
            }
        }
    }

    /** A row grows by attempts that began after its last failure: a connection that breaks under many attempts is one failure. */
    private void failed(int tick, int startTick) {
        long before = (long) FAILING.getOpaque(this);
        int row = (int) (before >>> 32);
        if (row == 0 || startTick - (int) before > 0) {
            // An update lost to another thread's is one of the same moment.
            FAILING.setOpaque(this, (long) Math.min(MAX_ROW, row + 1) << 32 | (tick & 0xFFFFFFFFL));
        }
    }

    private void tookAtLeast(int tick, long latencyNanos) {
        double took = latencyNanos;
        long before;
        long next;
        do {
            before = (long) STATE.getOpaque(this);
            double cost = costOf(before);
            double kept = Math.abs(cost) * keep(before, tick);
            // One that took less says nothing, but that the endpoint was tried: the same cost from now on.
            if (took <= kept && !isOld(before, tick)) {
                return;
            }
            next = pack(Math.copySign(Math.max(took, kept), cost > 0 ? 1 : -1), tick);
        } while (!STATE.weakCompareAndSetPlain(this, before, next));
    }

    @Override
    public double value(long nowNanos, int inFlight) {
        int tick = (int) (nowNanos >> tickShift);
        long state = (long) STATE.getOpaque(this);
        long since = inFlight == 0 ? 0 : (long) SINCE.getOpaque(this);
        long failing = (long) FAILING.getOpaque(this);
        double cost = costOf(state);
        if (cost <= 0) {
            return inFlight == 0
                    ? unknown(Math.abs(cost) * keep(state, tick), failing, tick)
                    : BUSY_UNKNOWN_NANOS + inFlight;
        }
        // An attempt that began after the failure finds out for all: until it has ended nothing is forgiven, so that no
        // burst follows it.
        double penalty = failing == 0 ? 1 : penalty(failing, tick, since != 0);
        // While failures are held against it the cost does not fade: nearly nothing times the penalty would be
        // attractive.
        cost = penalty == 1 ? cost * keep(state, tick) : Math.min(MAX_COST_NANOS, cost * penalty);
        if (since != 0) {
            cost = Math.max(cost, (double) (nowNanos - since));
        }
        return cost * (inFlight + 1);
    }

    /** Idle, with nothing held against it, and no sample for one decay. */
    @Override
    public boolean stale(long nowNanos, int inFlight) {
        if (inFlight > 0) {
            return false;
        }
        int tick = (int) (nowNanos >> tickShift);
        long state = (long) STATE.getOpaque(this);
        if (state == 0 || !isOld(state, tick)) {
            return false;
        }
        long failing = (long) FAILING.getOpaque(this);
        return failing == 0 || penalty(failing, tick, false) == 1;
    }

    /** The load of an idle endpoint that never answered well. */
    private double unknown(double bound, long failing, int tick) {
        double penalty = failing == 0 ? 1 : penalty(failing, tick, false);
        return penalty == 1 ? bound : Math.min(MAX_COST_NANOS, Math.max(bound, FAILING_UNKNOWN_NANOS) * penalty);
    }

    /** What a row of failures multiplies the load by: at first the error penalty once for each of them, sinking to 1 while the row is held. */
    private double penalty(long failing, int tick, boolean asIfNew) {
        int row = (int) (failing >>> 32);
        double left = 1;
        if (!asIfNew) {
            int hold = holdTicks << (2 * (Math.min(row, LONGEST_HOLD_ROW) - 1));
            left -= (double) passed((int) failing, tick) / hold;
        }
        return left <= 0 ? 1 : 1 / twoToMinus(left * row * doublings);
    }

    private static long pack(double cost, int tick) {
        double bounded = Math.min(MAX_COST_NANOS, Math.max(1, Math.abs(cost)));
        return (long) Float.floatToRawIntBits((float) Math.copySign(bounded, cost)) << 32 | (tick & 0xFFFFFFFFL);
    }

    private static double costOf(long state) {
        return Float.intBitsToFloat((int) (state >>> 32));
    }

    /** Whether a cost is a decay old: too old to be relied on. */
    private boolean isOld(long state, int tick) {
        return passed((int) state, tick) >= decayTicks;
    }

    /** How much of a cost is left at a tick. */
    private double keep(long state, int tick) {
        return tick == (int) state ? 1 : twoToMinus(passed((int) state, tick) * halvings);
    }

    private static long passed(int from, int tick) {
        int passed = tick - from;
        return passed < 0 && passed > -BACKWARDS_TICKS ? 0 : passed & 0xFFFFFFFFL;
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
