package dev.zerohop.picker;

import dev.zerohop.EndpointSelector;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Ranges of hash slots. The slot of a key is its hash, unsigned, modulo the number of slots. */
final class SlotRanges implements ShardStrategy {
    static final int DEFAULT_SLOTS = 16_384;
    static final int MAX_SLOTS = 1 << 20;

    /** Slots {@code from} to {@code to}, both included, belong to {@code ordinal}. */
    record Range(int from, int to, int ordinal) {}

    private final int slots;
    private final List<Range> ranges;
    private final Optional<Integer> otherwise;
    private final int[] ordinalOf;

    SlotRanges(int slots, List<Range> unordered, Optional<Integer> otherwise) {
        this.slots = slots;
        this.ranges =
                unordered.stream().sorted(Comparator.comparingInt(Range::from)).toList();
        this.otherwise = otherwise;
        otherwise.ifPresent(ordinal -> ShardStrategy.checkOrdinal("default", ordinal));
        if (slots < 1 || slots > MAX_SLOTS) {
            throw new IllegalArgumentException("slots was " + slots + ", expected 1 to " + MAX_SLOTS);
        }
        this.ordinalOf = new int[slots];
        Arrays.fill(ordinalOf, otherwise.orElse(NOT_PLACED));
        int free = 0;
        for (Range range : ranges) {
            String what = "range " + range.from() + "-" + range.to();
            ShardStrategy.checkOrdinal(what, range.ordinal());
            if (range.from() < 0 || range.to() < range.from() || range.to() >= slots) {
                throw new IllegalArgumentException(what + ": expected 0 <= from <= to <= " + (slots - 1));
            }
            if (range.from() < free) {
                throw new IllegalArgumentException(
                        what + ": slot " + range.from() + " belongs to another range as well, expected one owner");
            }
            if (range.from() > free) {
                checkGap(free, range.from() - 1);
            }
            Arrays.fill(ordinalOf, range.from(), range.to() + 1, range.ordinal());
            free = range.to() + 1;
        }
        if (free < slots) {
            checkGap(free, slots - 1);
        }
    }

    private void checkGap(int from, int to) {
        if (otherwise.isEmpty()) {
            throw new IllegalArgumentException("slots " + from + "-" + to
                    + " belong to no range, expected ranges for all of 0-" + (slots - 1) + " or a default");
        }
    }

    @Override
    public String name() {
        return "ranges";
    }

    private int slot(EndpointSelector key) {
        return (int) Long.remainderUnsigned(key.hash(), slots);
    }

    @Override
    public int ordinal(EndpointSelector key, int shards, int firstOrdinal) {
        return ordinalOf[slot(key)];
    }

    @Override
    public String why(EndpointSelector key, int shards, int firstOrdinal) {
        int slot = slot(key);
        String hash =
                "ranges: XXH64 of the key is " + ShardStrategy.hex(key.hash()) + ", slot " + slot + " of " + slots;
        for (Range range : ranges) {
            if (range.from() <= slot && slot <= range.to()) {
                return hash + " is in range " + range.from() + "-" + range.to();
            }
        }
        return hash + " is in no range and goes to the default";
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SlotRanges that
                && slots == that.slots
                && ranges.equals(that.ranges)
                && otherwise.equals(that.otherwise);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * slots + ranges.hashCode()) + otherwise.hashCode();
    }

    @Override
    public String toString() {
        return "SlotRanges[slots=" + slots + ", ranges=" + ranges + ", otherwise=" + otherwise + "]";
    }
}
