package dev.zerohop.picker;

import dev.zerohop.EndpointSelector;
import dev.zerohop.ShardPlacement.Range;
import dev.zerohop.ShardPlacement.Ranges;
import dev.zerohop.internal.OptionsText;
import java.util.Arrays;

/** Ranges of hash slots, with the owner of each slot at hand. Equal if the ranges are. */
final class SlotRanges implements ShardStrategy {
    private final Ranges ranges;
    private final int[] ordinalOf;

    SlotRanges(Ranges ranges) {
        this.ranges = ranges;
        this.ordinalOf = new int[ranges.slots()];
        Arrays.fill(ordinalOf, ranges.otherwise().orElse(NOT_PLACED));
        for (Range range : ranges.ranges()) {
            Arrays.fill(ordinalOf, range.from(), range.to() + 1, range.ordinal());
        }
    }

    @Override
    public String name() {
        return "ranges";
    }

    private int slot(EndpointSelector key) {
        return (int) Long.remainderUnsigned(key.hash(), ordinalOf.length);
    }

    @Override
    public int ordinal(EndpointSelector key, int shards, int firstOrdinal) {
        return ordinalOf[slot(key)];
    }

    @Override
    public String why(EndpointSelector key, int shards, int firstOrdinal) {
        int slot = slot(key);
        String hash = "ranges: XXH64 of the key is " + ShardStrategy.hex(key.hash()) + ", slot " + slot + " of "
                + ordinalOf.length;
        for (Range range : ranges.ranges()) {
            if (range.from() <= slot && slot <= range.to()) {
                return hash + " is in range " + range.from() + "-" + range.to();
            }
        }
        return hash + " is in no range and goes to the default";
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof SlotRanges that && ranges.equals(that.ranges);
    }

    @Override
    public int hashCode() {
        return ranges.hashCode();
    }

    @Override
    public String toString() {
        return new OptionsText(name())
                .with("slots", ranges.slots())
                .with("ranges", ranges.ranges().size())
                .with("default", ranges.otherwise())
                .toString();
    }
}
