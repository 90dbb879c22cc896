package dev.zerohop.cli;

import dev.zerohop.EndpointSelector;
import org.jspecify.annotations.Nullable;

/**
 * How many calls to send, and when.
 *
 * @param count calls at the most
 * @param durationNanos how long calls are begun, {@link Long#MAX_VALUE} for no limit
 * @param concurrency calls under way at once, at the most
 * @param perSecond calls begun in a second whatever happens (open loop), 0 for as many as the concurrency lets through (closed loop)
 * @param timeoutNanos how long one call may take
 * @param keys the key of each call
 */
record LoadPlan(long count, long durationNanos, int concurrency, double perSecond, long timeoutNanos, Keys keys) {

    /** Gives each call its key. */
    interface Keys {
        /** The key of the call with this number, counted from 0; null for none. */
        @Nullable
        EndpointSelector key(long index);
    }
}
