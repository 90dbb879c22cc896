package dev.zerohop;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/** The one object that a call costs. */
class LeaseImpl implements Lease {
    private static final VarHandle STATE;
    /** The start of a lease for which the clock was not read. */
    static final long UNTIMED = Long.MIN_VALUE;

    private static final int DONE = 0;
    private static final int OPEN = 1;
    private static final int PROBE = 2;
    private static final int ANSWERED = 3;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(LeaseImpl.class, "state", int.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final LiveNode node;

    /** The load that was told of the start, and is owed the end even if the node measures something else by then; null if there was none. */
    private final LoadMetric.@Nullable Load load;

    private final long startNanos;

    /** An atomic exchange is the whole of "once". */
    @SuppressWarnings("unused")
    private volatile int state;

    /**
     * Begins a lease.
     *
     * @param probe whether the node was half open, so that this call decides on its return
     */
    LeaseImpl(LiveNode node, LoadMetric.@Nullable Load load, long startNanos, boolean probe) {
        this.node = node;
        this.load = load;
        this.startNanos = startNanos;
        STATE.set(this, probe ? PROBE : OPEN);
    }

    @Override
    public final Node node() {
        return node;
    }

    @Override
    public final void answered() {
        int before = state;
        if ((before == OPEN || before == PROBE) && STATE.compareAndSet(this, before, ANSWERED)) {
            node.owner().answered(node, load, startNanos, before == PROBE);
        }
    }

    @Override
    public final void progress() {}

    @Override
    public final boolean complete(Outcome outcome) {
        if (outcome == null) {
            throw new NullPointerException("outcome");
        }
        int before = (int) STATE.getAndSet(this, DONE);
        if (before == DONE) {
            return false;
        }
        node.owner().completed(node, load, startNanos, outcome, before == PROBE, before == ANSWERED);
        return true;
    }

    @Override
    public final String toString() {
        return "lease of " + node;
    }

    /** A lease of an attempt that states the epoch by which it was routed. The others do not pay for the field. */
    static final class Routed extends LeaseImpl {
        private final long shardEpoch;

        Routed(LiveNode node, LoadMetric.@Nullable Load load, long startNanos, boolean probe, long shardEpoch) {
            super(node, load, startNanos, probe);
            this.shardEpoch = shardEpoch;
        }

        @Override
        public long shardEpoch() {
            return shardEpoch;
        }
    }
}
