package dev.zerohop;

import java.time.Duration;

/**
 * Receives the events of a balancer, for metrics and logs. Every method does nothing by default. {@code service} is the balancer's {@linkplain Balancer#name name}.
 *
 * <p>Events of calls ({@link #onPick}, {@link #onOutcome}, {@link #onRefusal}, {@link #onWait}, {@link #onRetry}, {@link #onHedge}, {@link #onSpill}) come from whatever threads
 * calls run on, at the same time; the others from the control path, one after another. {@link #onLeak} comes from both. All must be quick and must not block. A listener that
 * throws changes nothing: the balancer logs it and goes on, and other listeners hear of the event all the same.
 */
public interface BalancerListener {

    /** Ignores everything; a balancer with this very listener spends nothing on it. */
    BalancerListener NOOP = new BalancerListener() {
        @Override
        public boolean observesAttempts() {
            return false;
        }
    };

    /**
     * Whether it wants {@link #onPick} and {@link #onOutcome}. Asked once for each balancer. One none of whose listeners wants them reads no clock for them. Default: true.
     */
    default boolean observesAttempts() {
        return true;
    }

    /** A new set was taken. {@code members} is how many there are now, held ones included. */
    default void onMembership(String service, int members, int added, int removed, int held) {}

    /** The belief about an endpoint changed. */
    default void onHealth(String service, Endpoint endpoint, Health before, Health after) {}

    /** A new picker was published. {@code took} is how long the stages and the policy needed to make it. */
    default void onRebuild(String service, Snapshot snapshot, Duration took) {}

    /**
     * So few endpoints are well that some are used which verdicts had taken out, or that is over. {@code reason} is what the stage says of it, in numbers; empty when
     * it is over. Called when it changes, not for each version.
     */
    default void onPanic(String service, boolean panicking, String reason) {}

    /** The source's {@link KeyDirectory} has other answers: calls that wait for one look again. A burst of changes is reported once; no picker is published. */
    default void onDirectory(String service) {}

    /**
     * The set in force is stale: the source could not be asked, or has not vouched yet for a set from memory, such as one of a last-good file. {@code age} is how
     * old it is.
     */
    default void onStale(String service, Duration age, Throwable cause) {}

    /** The source answers, for the first time after a set from memory or again. */
    default void onFresh(String service) {}

    /** A configuration that the source or the API gave was put in force. */
    default void onConfigured(String service, BalancerSettings settings) {}

    /** A configuration that the source gave was rejected; the last good one stays, if there is one: see {@link #onUnconfigured}. */
    default void onConfigurationRejected(String service, String reason) {}

    /**
     * A configuration that the source gave was rejected, there is no good one from before, and the application gave none: every call fails with the reason. It
     * ends with the next {@link #onConfigured}. Called after {@link #onConfigurationRejected}.
     */
    default void onUnconfigured(String service, String reason) {}

    /** The source holds a value that cannot be used, reported once per value; the last good one stays. {@code reason} names it. */
    default void onSourceValueRejected(String service, String reason) {}

    /** An attempt went to the endpoint. */
    default void onPick(String service, Endpoint endpoint) {}

    /** An attempt ended. {@code latencyNanos} is its duration. */
    default void onOutcome(String service, Endpoint endpoint, Outcome outcome, long latencyNanos) {}

    /**
     * A call ended because there was no endpoint for an attempt, at once or after it had waited for one. Once for such a call, also where attempts of it had failed before.
     */
    default void onRefusal(String service, Refusal refusal) {}

    /**
     * A call has waited for an endpoint, or for the time at which the only one may be tried again; now it has got one, or was refused, cancelled or out of time. At most once for
     * each of its attempts. Not the delay before a retry or a hedge that the client is configured with.
     */
    default void onWait(String service, long waitedNanos) {}

    /**
     * An attempt at the endpoint failed with that outcome, its call might have been repeated, and it was decided whether it is. Once for such an attempt. Failures of which nobody
     * asks whether to repeat them are not reported, such as those that the client's own rules make final.
     */
    default void onRetry(String service, Endpoint failed, Outcome outcome, RetryDecision decision) {}

    /**
     * A call asked for one more attempt beside those under way, none of which has failed for it, and it was decided whether it gets one. Once for each answer: a hedge that has to
     * wait for the budget and then begins is reported twice.
     */
    default void onHedge(String service, RetryDecision decision) {}

    /** An attempt went to this endpoint, which stands in for the owner of the call's key. Called beside {@link #onPick}. */
    default void onSpill(String service, Endpoint endpoint) {}

    /** A lease was never completed and was closed by the leak guard after {@code age}. */
    default void onLeak(String service, Endpoint endpoint, Duration age) {}

    /** The balancer was closed, once, also if it was never started. A panic ends without an event of its own. Calls that still run may report more. */
    default void onClose(String service) {}

    /**
     * Makes the listener of one balancer, so that one that counts need not look up the service at each event. What it throws is logged, and that balancer has no
     * listener of this factory.
     */
    @FunctionalInterface
    interface Factory {

        /**
         * A listener of this balancer, which is built and not started. Called once for each balancer, at the end of {@link Balancer.Builder#build} and before any event, by the
         * thread that builds it. {@link #NOOP} for none.
         */
        BalancerListener forBalancer(Balancer balancer);
    }
}
