package dev.zerohop.picker;

/** What happens to a call with a key whose owner cannot be used. */
public enum OwnerDown {
    /** An error at once, which names the ordinal and why. */
    FAIL_FAST,
    /** It waits within its own deadline for whatever is missing: the owner, its connection, the set, the directory's answer. */
    WAIT,
    /**
     * The next owner: the buckets of mix64(h + k * 0x9E3779B97F4A7C15) for k = 1 to 8, then the ordinals behind the owner's in turn. Only the keys
     * of the owner that is down move, and they spread over all others. {@link dev.zerohop.BalancerView#spilled} is true of such picks.
     */
    SPILL
}
