package dev.zerohop;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The one object that a call costs. */
class LeaseImpl implements Lease {
    private static final VarHandle STATE;
    /** The start of a lease for which the clock was not read. */
    static final long UNTIMED = Long.MIN_VALUE;

    // The low bits say where the lease stands, those above name the generation that counts it, and the highest the
    // half-open phase of the node in which it began: 0 if it was not half open.
    private static final int DONE = 0;
    private static final int OPEN = 1;
    private static final int ANSWERED = 2;
    private static final int STANDING = 3;
    private static final int GENERATION_SHIFT = 2;
    private static final int GENERATION = 0xFFFF << GENERATION_SHIFT;
    private static final int PHASE_SHIFT = GENERATION_SHIFT + 16;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(LeaseImpl.class, "state", int.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final LiveNode node;

    /** The load that counted the start, and must count the end even if the node measures something else by then; null if there was none. */
    private final LoadMetric.@Nullable Load load;

    private final long startNanos;

    /** An atomic exchange is the whole of "once". */
    @SuppressWarnings("unused")
    private volatile int state;

    /**
     * Begins a lease.
     *
     * @param generation what {@link LiveNode#begin} returned
     * @param phase the node's {@linkplain EjectionPolicy.EndpointStats#phase half-open phase}, on whose end this call decides; 0 if it is not half open
     */
    LeaseImpl(LiveNode node, LoadMetric.@Nullable Load load, long startNanos, int generation, int phase) {
        this.node = node;
        this.load = load;
        this.startNanos = startNanos;
        STATE.set(this, (phase << PHASE_SHIFT) | (generation << GENERATION_SHIFT) | OPEN);
    }

    @Override
    public final Node node() {
        return node;
    }

    @Override
    public final void answered() {
        while (true) {
            int before = state;
            // Without a load, a probe and a latency that counts there is nothing that an answer decides.
            if ((before & STANDING) != OPEN
                    || (load == null && before >>> PHASE_SHIFT == 0 && (startNanos == UNTIMED || !node.timed))) {
                return;
            }
            if (STATE.compareAndSet(this, before, (before & ~STANDING) | ANSWERED)) {
                node.owner().accounting().answered(node, load, startNanos, before >>> PHASE_SHIFT);
                return;
            }
        }
    }

    @Override
    public final void progress() {
        int before = state;
        int counted = generation(before);
        if ((before & STANDING) == DONE || counted == node.generation()) {
            return;
        }
        // Counted in before it is counted out, so that no count ever falls below the truth.
        int generation = node.begin();
        boolean moved = STATE.compareAndSet(this, before, (before & ~GENERATION) | (generation << GENERATION_SHIFT));
        node.end(moved ? counted : generation);
    }

    @Override
    public final boolean wantsLoadReport() {
        return node.keepsReports() || wantsReports(load);
    }

    private boolean wantsReports(LoadMetric.@Nullable Load measured) {
        if (measured == null) {
            return false;
        }
        try {
            return measured.wantsReports();
        } catch (Throwable thrown) {
            node.owner().accounting().loadFailed(thrown);
            return false;
        }
    }

    @Override
    public final void report(Supplier<LoadReport> read) {
        LoadMetric.Load wanting = wantsReports(load) ? load : null;
        if (wanting != null || node.keepsReports()) {
            node.owner().accounting().reported(node, wanting, read);
        }
    }

    @Override
    public final boolean complete(Outcome outcome) {
        if (outcome == null) {
            throw new NullPointerException("outcome");
        }
        int before = (int) STATE.getAndSet(this, DONE);
        int standing = before & STANDING;
        // The age limit may have been faster; then all has been reported.
        if (standing == DONE || !node.end(generation(before))) {
            return false;
        }
        boolean answered = standing == ANSWERED;
        // What was answered has decided already.
        int phase = answered ? 0 : before >>> PHASE_SHIFT;
        node.owner().accounting().completed(node, load, startNanos, outcome, phase, answered);
        return true;
    }

    private static int generation(int state) {
        return (state & GENERATION) >>> GENERATION_SHIFT;
    }

    @Override
    public final String toString() {
        return "lease of " + node;
    }

    /** A lease of an attempt that states the epoch by which it was routed. The others do not pay for the field. */
    static final class Routed extends LeaseImpl {
        private final long shardEpoch;

        Routed(
                LiveNode node,
                LoadMetric.@Nullable Load load,
                long startNanos,
                int generation,
                int phase,
                long shardEpoch) {
            super(node, load, startNanos, generation, phase);
            this.shardEpoch = shardEpoch;
        }

        @Override
        public long shardEpoch() {
            return shardEpoch;
        }
    }
}
