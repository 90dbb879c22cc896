package dev.zerohop.monitor;

import java.util.Collections;
import java.util.List;

/**
 * What one endpoint was given by this client in the last minute. An immutable value.
 *
 * @param attempts how many attempts began
 * @param ok how many ended well
 * @param failed how many ended with a {@linkplain dev.zerohop.Outcome#isFailure failure}; those that were cancelled are neither
 * @param latencyNanos the mean duration of those that ended well, since a fast failure says nothing of an endpoint's speed; NaN without any
 * @param history the attempts of each of the {@value RecentAttempts#SLICES} slices, the oldest first; the last one has not ended yet
 * @param failures those that ended in each slice with a failure, which may have begun in an earlier one
 */
public record EndpointTraffic(
        long attempts, long ok, long failed, double latencyNanos, List<Long> history, List<Long> failures) {

    /** No attempt. */
    public static final EndpointTraffic NONE = new EndpointTraffic(
            0,
            0,
            0,
            Double.NaN,
            Collections.nCopies(RecentAttempts.SLICES, 0L),
            Collections.nCopies(RecentAttempts.SLICES, 0L));

    /** Copies the lists. */
    public EndpointTraffic {
        history = List.copyOf(history);
        failures = List.copyOf(failures);
    }
}
