package dev.zerohop.kubernetes;

import dev.zerohop.ShardCount;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The number of shards, from the desired ordinals of StatefulSets and the ordinals that this client has seen ready. Each step is a pure function from one
 * value to the next; an immutable value.
 *
 * @param mode when a change takes effect
 * @param counted the ordinals that keys are placed on; empty before anything is known and while no ordinal is desired
 * @param seen new ordinals that have been ready at least once since they are desired; they count when all of them have
 */
record ShardCounting(Mode mode, OrdinalRange counted, Set<Integer> seen) {

    /** When a change of the desired ordinals takes effect. */
    enum Mode {
        /** Growth once every new ordinal has been ready; shrinking at once. */
        SETTLED,
        /** At once. */
        DESIRED,
        /** When the annotation changes, for all clients alike. */
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
     * @param wanted the ordinals that are desired now
     * @param ready the ordinals that are ready now; may include ordinals that are not desired
     */
    ShardCounting next(OrdinalRange wanted, Set<Integer> ready) {
        // No key is placed yet, or no ordinal was desired, so there is nothing to move.
        if (mode != Mode.SETTLED || counted.isEmpty() || wanted.isEmpty() || counted.contains(wanted)) {
            return new ShardCounting(mode, wanted, Set.of());
        }
        Set<Integer> now = new TreeSet<>(seen);
        now.addAll(ready);
        now.removeIf(ordinal -> !wanted.contains(ordinal) || counted.contains(ordinal));
        return missing(wanted, now).isEmpty()
                ? new ShardCounting(mode, wanted, Set.of())
                : new ShardCounting(mode, counted, now);
    }

    /** The desired ordinals that neither count nor are in {@code known}. */
    private Set<Integer> missing(OrdinalRange wanted, Set<Integer> known) {
        return IntStream.range(wanted.start(), wanted.end())
                .filter(ordinal -> !counted.contains(ordinal) && !known.contains(ordinal))
                .boxed()
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The number of shards; null while none is desired or known. */
    @Nullable
    ShardCount count() {
        return counted.count();
    }

    /** What growth waits for, or null if it waits for nothing. */
    @Nullable
    String waitsFor(OrdinalRange wanted) {
        return counted.equals(wanted)
                ? null
                : "ordinals " + wanted + " are desired; ordinals " + counted + " count until " + missing(wanted, seen)
                        + " have been ready";
    }
}
