package dev.zerohop.sharding.store;

import static java.util.Objects.requireNonNull;

import dev.zerohop.SliceMap;

/**
 * A member that the store knows.
 *
 * @param incarnation tells a process apart from an earlier one with the same id, which has a lower number; the same for as long as the process lives, also if its registration lapses in between
 */
public record Member(MemberState state, long incarnation) {
    /** Checks for null. */
    public Member {
        requireNonNull(state, "state");
    }

    /** That of its endpoint. */
    public String id() {
        return state.id();
    }

    /** The member as an owner of slices. */
    public SliceMap.Owner owner() {
        return new SliceMap.Owner(id(), incarnation);
    }
}
