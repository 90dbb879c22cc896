package dev.zerohop.sharding.plan;

import static java.util.Objects.requireNonNull;

import dev.zerohop.SliceMap;

/**
 * A member as the planner sees it. An immutable value.
 *
 * @param owner its id and incarnation
 * @param takes whether it takes slices
 * @param weight its capacity, 1 or more: a member of twice the weight gets twice the load
 * @param zone where it runs: replicas of a slice are spread over zones; empty if that is not known
 */
public record PlanMember(SliceMap.Owner owner, Takes takes, int weight, String zone) {

    /** What a member takes. */
    public enum Takes {
        /** Slices. */
        SLICES,
        /** Nothing yet: it has not started. */
        NOTHING_YET,
        /** Nothing any more: it leaves. */
        NOTHING_MORE
    }

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException if the weight is below 1
     */
    public PlanMember {
        requireNonNull(owner, "owner");
        requireNonNull(takes, "takes");
        requireNonNull(zone, "zone");
        if (weight < 1) {
            throw new IllegalArgumentException(
                    "the weight of " + owner.id() + " was " + weight + ", expected 1 or more");
        }
    }

    /** A member of the weight 1 that takes slices. */
    public static PlanMember of(String id, long incarnation) {
        return new PlanMember(new SliceMap.Owner(id, incarnation), Takes.SLICES, 1, "");
    }

    String id() {
        return owner.id();
    }
}
