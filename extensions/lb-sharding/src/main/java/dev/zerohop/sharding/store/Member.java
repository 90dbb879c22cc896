package dev.zerohop.sharding.store;

import static java.util.Objects.requireNonNull;

import dev.zerohop.SliceMap;

/**
 * A member that the store knows.
 *
 * @param incarnation told apart from an earlier process with the same id by a higher number: in etcd the revision at which its registration was created
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
