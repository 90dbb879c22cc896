package dev.zerohop;

/**
 * A configured policy, which makes the pickers of a balancer. Immutable; policies that compare equal behave the same, and one that is equal to that in
 * force replaces nothing.
 *
 * <p>What throws is reported and passed over: of {@link #newPicker} the version before it stays in force. A configuration names a policy through its {@link PolicyProvider}.
 */
public interface PickPolicy {

    /** The policy's name in configurations, metrics and explanations, for example {@code least_request}. */
    String name();

    /** The first picker. */
    Picker newPicker(Snapshot first, Env env);

    /** What the nodes' load must measure for this policy. Default: {@link LoadMetric#IN_FLIGHT}. */
    default LoadMetric loadMetric() {
        return LoadMetric.IN_FLIGHT;
    }

    /** Whether picks depend on the caller's {@link EndpointSelector}. */
    default boolean keyed() {
        return false;
    }

    /** Whether every text key is refused, so that a configuration which finds keys as texts is a mistake. Default: no. */
    default boolean integerKeysOnly() {
        return false;
    }
}
