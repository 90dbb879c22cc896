package dev.zerohop.sharding.store;

import static java.util.Objects.requireNonNull;

import dev.zerohop.SliceMap;
import java.util.List;

/**
 * What a member has measured: the load of the slices that it owns, and its hottest keys. An immutable value.
 *
 * @param member the id of the member
 * @param generation the assignment whose slices these are
 * @param windowMillis how long it has measured: a report of a short window says little
 * @param slices the load of each slice that it owns, in ascending order; the part that this member served, without that of other replicas
 * @param keys its hottest keys, the hottest first; their load is also contained in that of their slices
 * @param misdirected load of keys that it does not own
 */
public record LoadReport(
        String member,
        long generation,
        long windowMillis,
        List<SliceLoad> slices,
        List<KeyLoad> keys,
        double misdirected) {

    /**
     * The load of one slice, per second.
     *
     * @param low the low bound of the slice
     * @param high its end, 0 for that of the hash space: a report says for itself what it measured, whatever was cut or merged since
     */
    public record SliceLoad(long low, long high, double load) {}

    /**
     * The load of one key, per second.
     *
     * @param hash its place in the hash space
     */
    public record KeyLoad(long hash, double load) {}

    /** Copies the lists and checks the values. */
    public LoadReport {
        requireNonNull(member, "member");
        slices = List.copyOf(slices);
        keys = List.copyOf(keys);
        if (generation < SliceMap.DRAFT || windowMillis < 0 || !(misdirected >= 0)) {
            throw new IllegalArgumentException("generation " + generation + ", window " + windowMillis
                    + " ms, misdirected " + misdirected + ", expected 0 or more of each");
        }
    }
}
