package dev.zerohop.sharding;

import static java.util.Objects.requireNonNull;

import dev.zerohop.SliceMap;
import java.util.List;

/**
 * A part of the hash space that a member has, gains or loses. An immutable value.
 *
 * @param low its first hash, unsigned
 * @param high the first hash behind it, unsigned; 0 for the end of the hash space
 * @param others the ids of the members that have it beside or instead of this one: of what was gained those that had it before, of what was lost those that have it now, of what is held the other replicas; empty if there are none
 */
public record SliceRange(long low, long high, List<String> others) {
    /** Copies the list. */
    public SliceRange {
        others = List.copyOf(requireNonNull(others, "others"));
    }

    /** Whether a key with this hash belongs to it. */
    public boolean contains(long hash) {
        return Long.compareUnsigned(low, hash) <= 0 && (high == 0 || Long.compareUnsigned(hash, high) < 0);
    }

    @Override
    public String toString() {
        return "[" + SliceMap.hex(low) + ", " + (high == 0 ? "end" : SliceMap.hex(high)) + ") " + others;
    }
}
