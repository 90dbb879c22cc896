package dev.zerohop;

import org.jspecify.annotations.Nullable;

/**
 * Which endpoints are ejected by the outcomes of this client's own calls, as configured. Immutable; equal policies behave the same.
 */
public interface EjectionPolicy {

    /** Never ejects. */
    EjectionPolicy NONE = env -> NoEjection.INSTANCE;

    /** Makes the detector of one balancer. */
    Detector newDetector(Env env);

    /** Decides what is ejected. Control path only: all methods run on the balancer's serial executor. */
    interface Detector {

        /**
         * Begins to watch a node.
         *
         * @param previous the node's record under an earlier detector, or from before the endpoint was said to be in another zone or of another priority, to go on from; or null
         * @param changed to be run within {@link #review} whenever that has changed what the record says: its state, reason, {@code untilNanos} or {@code
         *     unreachable}. The balancer looks at a record when it joins and then at those reported only
         */
        EndpointStats add(Endpoint endpoint, @Nullable EndpointStats previous, Runnable changed);

        /** Ends watching. */
        void remove(EndpointStats record);

        /**
         * Moves records between states, and runs what {@link #add} was given for each that it has moved.
         *
         * @return nanoseconds until it wants to look again although no record asked for it; {@link Long#MAX_VALUE} for never
         */
        long review(long nowNanos);
    }

    /** What is known about one node. */
    interface EndpointStats {

        /** The highest number of a {@link #phase}; behind it they begin at 1 again. */
        int MAX_PHASE = (1 << 14) - 1;

        /**
         * Notes an outcome. Request path: lock-free, allocates nothing.
         *
         * @return whether the detector should review soon
         */
        boolean onOutcome(Outcome outcome);

        /** Whether {@link #onLatency} or {@link #onTimeout} does anything: if not, no clock is read for it. Asked once, when the record begins. Default: no. */
        default boolean timed() {
            return false;
        }

        /**
         * Notes that an attempt was answered {@code latencyNanos} after its beginning, or ended well then and without an answer reported before. At most once per
         * attempt, before its outcome. Request path: lock-free, allocates nothing.
         *
         * @param nowNanos on the balancer's monotonic clock
         */
        default void onLatency(long nowNanos, long latencyNanos) {}

        /**
         * Notes that an attempt ran out of time {@code waitedNanos} after its beginning, without an answer: it would have taken longer still. In place of {@link #onLatency}. Default: is a latency.
         *
         * @param nowNanos on the balancer's monotonic clock
         */
        default void onTimeout(long nowNanos, long waitedNanos) {
            onLatency(nowNanos, waitedNanos);
        }

        /**
         * Notes the outcome of a call that began while the node was {@link State#HALF_OPEN}: this one decides whether the node returns, if that phase still
         * lasts. Request path.
         *
         * @param phase what {@link #phase} was when the call began
         * @return whether the detector should review soon
         */
        default boolean onProbeOutcome(Outcome outcome, int phase) {
            return onOutcome(outcome);
        }

        /**
         * Distinguishes one time of being {@link State#HALF_OPEN} from the next: a call that began in an earlier one decides nothing. From 1 to {@link #MAX_PHASE}; 0 in
         * other states. Request path. Default: all are alike.
         */
        default int phase() {
            return state() == State.HALF_OPEN ? 1 : 0;
        }

        /** Until when it is {@link State#EJECTED}, on the balancer's monotonic clock. Default: not by time. */
        default long untilNanos() {
            return Health.OPEN_END;
        }

        /** Endpoint failures since the last success. */
        int consecutiveFailures();

        /** Where the node stands since the last review. */
        State state();

        /** Why, for people; empty while {@link State#ACTIVE}. */
        String reason();

        /** Whether an {@link State#EJECTED} node is out because no connection to it could be made, which is a fact. */
        default boolean unreachable() {
            return false;
        }

        /** Whether the node is {@link State#HALF_OPEN} and its probe call is still to be taken. Request path; reads no clock. */
        default boolean awaitsProbe() {
            return false;
        }

        /**
         * Takes the one probe call of a {@link State#HALF_OPEN} node. Request path; cheap above all while another call has it, since in an outage every pick
         * asks.
         *
         * @return false if another call has it; true in other states, in which there is nothing to take
         */
        boolean tryProbe();
    }

    /** Where a node stands. */
    enum State {
        /** Takes calls. */
        ACTIVE,
        /** Takes none until its time is over. */
        EJECTED,
        /** Takes one call, whose outcome decides. */
        HALF_OPEN
    }
}
