package dev.zerohop;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/**
 * An ordinal that a source had and has no more, although its endpoint was never announced to be leaving. While no number of shards is stated, it is
 * still one of them: that its endpoint is gone for a moment must move no key. An immutable value.
 *
 * @param ordinal the ordinal, at least 0
 * @param endpointId the endpoint that had it last; the first by id if it had replicas
 * @param lastSeen when the source last vouched for a set with it, by the wall clock
 */
public record MissingOrdinal(int ordinal, String endpointId, Instant lastSeen) {

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException if {@code ordinal} is below 0 or {@code endpointId} can be no endpoint's
     */
    public MissingOrdinal {
        requireNonNull(endpointId, "endpointId");
        requireNonNull(lastSeen, "lastSeen");
        if (ordinal < 0) {
            throw new IllegalArgumentException("ordinal was " + ordinal + ", expected 0 or more");
        }
        String problem = Printable.problem(endpointId, Printable.MAX_NAME);
        if (problem != null) {
            throw new IllegalArgumentException("the endpoint of ordinal " + ordinal + " " + problem);
        }
    }

    /** For people: {@code 4 (orders-4, last named 2026-01-31T12:00:00Z)}. */
    @Override
    public String toString() {
        return ordinal + " (" + endpointId + ", last named " + lastSeen + ")";
    }
}
