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

    /** Whether {@link Load} wants to know the time; if not, it is given 0 and the request path reads no clock. */
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

        /**
         * The load now; lower is better. Never negative, never NaN.
         *
         * @param inFlight attempts under way
         */
        double value(long nowNanos, int inFlight);
    }
}
