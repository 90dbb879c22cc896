package dev.zerohop.kubernetes;

import dev.zerohop.ShardCount;
import org.jspecify.annotations.Nullable;

/**
 * Consecutive ordinals. An immutable value.
 *
 * @param start the first
 * @param end the one after the last; equal to {@code start} for none
 */
record OrdinalRange(int start, int end) {

    static OrdinalRange of(ShardCount count) {
        return new OrdinalRange(count.firstOrdinal(), count.firstOrdinal() + count.count());
    }

    boolean isEmpty() {
        return start == end;
    }

    boolean contains(int ordinal) {
        return ordinal >= start && ordinal < end;
    }

    boolean contains(OrdinalRange other) {
        return other.start >= start && other.end <= end;
    }

    /** The smallest range that includes both; an empty range adds nothing. */
    OrdinalRange and(OrdinalRange other) {
        if (isEmpty()) {
            return other;
        }
        return other.isEmpty() ? this : new OrdinalRange(Math.min(start, other.start), Math.max(end, other.end));
    }

    /** As a shard count; null for no ordinals. */
    @Nullable
    ShardCount count() {
        return isEmpty() ? null : new ShardCount(end - start, start);
    }

    @Override
    public String toString() {
        return isEmpty() ? "none" : end - start == 1 ? String.valueOf(start) : start + " to " + (end - 1);
    }
}
