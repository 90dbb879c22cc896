package dev.zerohop;

/**
 * How the load of a node is measured from the calls of this client. A stateless catalogue value: {@link #newLoad} makes the state that one node carries.
 * Metrics that compare equal share their nodes' state across a change of configuration.
 */
public interface LoadMetric {

    /** {@link Node#pressure}: attempts under way plus a penalty for recent failures. Costs no clock read; every node keeps it anyway. */
    LoadMetric IN_FLIGHT = new InFlightMetric();

    /** Names the metric in explanations. */
    String name();

    /** Makes the state for one node. */
    Load newLoad();

    /** Whether {@link Load} needs the time; if not, it is given 0 and the request path reads no clock. */
    boolean timed();

    /** The state of one node. Called from many threads at once; must not block. */
    interface Load {
        /** An attempt began. */
        void started(long nowNanos);

        /** An attempt that began {@code latencyNanos} ago was answered: its first headers or message arrived. At most once per attempt. */
        default void answered(long nowNanos, long latencyNanos) {}

        /**
         * An attempt ended that began {@code latencyNanos} ago.
         *
         * @param answered whether {@link #answered} came before: then the duration of a success is that of a stream, and no latency
         */
        void ended(long nowNanos, long latencyNanos, Outcome outcome, boolean answered);

        /** Whether {@link #reported} does anything: if not, answers are not searched for reports. Default: no. */
        default boolean wantsReports() {
            return false;
        }

        /**
         * The endpoint reported its load with an answer to an attempt that has not ended yet.
         *
         * @param nowNanos always the time, also for a metric that is not {@linkplain LoadMetric#timed timed}
         * @param inFlight attempts under way, that one among them
         */
        default void reported(long nowNanos, int inFlight, LoadReport report) {}

        /** The endpoint has become usable, for the first time or again: what was measured before may not hold any more. Called by the control path. */
        default void readmitted(long nowNanos) {}

        /** Whether the measurement is so old that a call should be spent on a new one. Default: no. */
        default boolean stale(long nowNanos, int inFlight) {
            return false;
        }

        /**
         * The load now; lower is better. Never negative, never NaN.
         *
         * @param inFlight attempts under way
         */
        double value(long nowNanos, int inFlight);
    }
}
