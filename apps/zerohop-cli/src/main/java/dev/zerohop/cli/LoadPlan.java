package dev.zerohop.cli;

import dev.zerohop.EndpointSelector;
import org.jspecify.annotations.Nullable;

/**
 * The number and the times of the calls to send.
 *
 * @param count calls at the most
 * @param durationNanos how long calls are begun, {@link Long#MAX_VALUE} for no limit
 * @param concurrency calls under way at once, at the most
 * @param perSecond calls begun in a second regardless of earlier ones (open loop), 0 for as many as the concurrency allows (closed loop)
 * @param timeoutNanos how long one call may take
 * @param keys the key of each call
 */
record LoadPlan(long count, long durationNanos, int concurrency, double perSecond, long timeoutNanos, Keys keys) {

    /** Supplies the key of each call. */
    interface Keys {
        /** The key of the call with this number, counted from 0; null for none. */
        @Nullable
        EndpointSelector key(long index);
    }
}
