package dev.zerohop.kubernetes;

import dev.zerohop.ShardCount;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * How many shards there are, told from what StatefulSets want and from which ordinals this client has seen ready. Each step is a pure function from
 * one value to the next; an immutable value.
 *
 * @param mode when a change counts
 * @param counted the ordinals that keys are placed on; empty before anything is known and while nothing is wanted
 * @param seen new ordinals that have been ready at least once since they are wanted; they count when they are complete
 */
record ShardCounting(Mode mode, OrdinalRange counted, Set<Integer> seen) {

    /** When a change of what is wanted counts. */
    enum Mode {
        /** Growth once every new ordinal has been ready; shrinking at once. */
        SETTLED,
        /** At once. */
        DESIRED,
        /** When the annotation says so, for all clients alike. */
        EPOCH
    }

    private static final OrdinalRange NOTHING = new OrdinalRange(0, 0);

    ShardCounting {
        seen = Set.copyOf(seen);
    }

    /** Nothing is known yet. */
    static ShardCounting of(Mode mode) {
        return new ShardCounting(mode, NOTHING, Set.of());
    }

    /**
     * The next value.
     *
     * @param wanted the ordinals that are wanted now
     * @param ready the ordinals that are ready now, among them perhaps some that are not wanted
     */
    ShardCounting next(OrdinalRange wanted, Set<Integer> ready) {
        // Nobody has placed a key yet, or nothing was wanted: there is nothing to move.
        if (mode != Mode.SETTLED || counted.isEmpty() || wanted.isEmpty() || counted.contains(wanted)) {
            return new ShardCounting(mode, wanted, Set.of());
        }
        Set<Integer> now = new TreeSet<>();
        boolean complete = true;
        for (int ordinal = wanted.start(); ordinal < wanted.end(); ordinal++) {
            if (counted.contains(ordinal)) {
                continue;
            }
            if (ready.contains(ordinal) || seen.contains(ordinal)) {
                now.add(ordinal);
            } else {
                complete = false;
            }
        }
        return complete ? new ShardCounting(mode, wanted, Set.of()) : new ShardCounting(mode, counted, now);
    }

    /** The number of shards; null while nothing is wanted or known. */
    @Nullable
    ShardCount count() {
        return counted.count();
    }

    /** What growth waits for, or null if it waits for nothing. */
    @Nullable
    String waitsFor(OrdinalRange wanted) {
        if (counted.equals(wanted)) {
            return null;
        }
        Set<Integer> missing = new TreeSet<>();
        for (int ordinal = wanted.start(); ordinal < wanted.end(); ordinal++) {
            if (!counted.contains(ordinal) && !seen.contains(ordinal)) {
                missing.add(ordinal);
            }
        }
        return "ordinals " + wanted + " are wanted; ordinals " + counted + " count until " + missing
                + " have been ready";
    }
}
