package dev.zerohop.load;

import dev.zerohop.LoadMetric;
import dev.zerohop.Outcome;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** Attempts under way plus a penalty for failures. */
record InFlight() implements LoadMetric {

    @Override
    public String name() {
        return "in_flight";
    }

    @Override
    public Load newLoad() {
        return new State();
    }

    @Override
    public boolean timed() {
        return false;
    }

    private static final class State implements Load {
        private static final int MAX_PENALTY = 63;
        private static final VarHandle PENALTY;

        static {
            try {
                PENALTY = MethodHandles.lookup().findVarHandle(State.class, "penalty", int.class);
            } catch (ReflectiveOperationException impossible) {
                throw new ExceptionInInitializerError(impossible);
            }
        }

        /** Opaque: an update lost to another thread's is made good by the next outcome. */
        @SuppressWarnings("unused")
        private int penalty;

        @Override
        public void started(long nowNanos) {}

        @Override
        public void ended(long nowNanos, long latencyNanos, Outcome outcome) {
            if (outcome.isFailure()) {
                PENALTY.setOpaque(this, Math.min(MAX_PENALTY, 2 * (int) PENALTY.getOpaque(this) + 1));
            } else if (outcome == Outcome.SUCCESS) {
                int before = (int) PENALTY.getOpaque(this);
                // Not written when there is nothing to change: the cache line stays shared.
                if (before != 0) {
                    PENALTY.setOpaque(this, before >>> 1);
                }
            }
        }

        @Override
        public double value(long nowNanos, int inFlight) {
            return inFlight + (int) PENALTY.getOpaque(this);
        }
    }
}
