package dev.zerohop.sharding.store;

import static java.util.Objects.requireNonNull;

import dev.zerohop.SliceMap;

/**
 * What a member states about itself. An immutable value.
 *
 * @param id that of its endpoint
 * @param phase whether it takes slices
 * @param weight its capacity as the weight of its endpoint, 1 or more: a member of twice the weight gets twice the load
 * @param zone where it runs, so that replicas of a slice are spread; empty if it does not know
 * @param generation the newest assignment that it knows, {@link SliceMap#DRAFT} for none
 */
public record MemberState(String id, Phase phase, int weight, String zone, long generation) {

    /** What a member takes. */
    public enum Phase {
        /** It is about to serve, and takes no slice yet. */
        STARTING,
        /** It serves. */
        READY,
        /** It serves what it has, and wants to have nothing soon. */
        DRAINING
    }

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException if the weight or the generation is out of its range, or the id can be no endpoint's
     */
    public MemberState {
        requireNonNull(phase, "phase");
        requireNonNull(zone, "zone");
        new SliceMap.Owner(id, 0);
        if (weight < 1) {
            throw new IllegalArgumentException("the weight of " + id + " was " + weight + ", expected 1 or more");
        }
        if (generation < SliceMap.DRAFT) {
            throw new IllegalArgumentException(
                    "the generation of " + id + " was " + generation + ", expected 0 or more");
        }
    }
}
