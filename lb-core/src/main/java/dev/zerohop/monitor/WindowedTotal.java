package dev.zerohop.monitor;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** A total that only grows, and what it was when each of the last slices began. {@link #add} is for every thread, the rest for one at a time. */
final class WindowedTotal {
    private static final int SLICES = RecentAttempts.SLICES;

    private final LongAdder total = new LongAdder();

    /** That of slice {@code n} is at {@code n % SLICES}; 0 for slices before the first. */
    private final long[] before = new long[SLICES];

    void add(long amount) {
        total.add(amount);
    }

    /** The slices after {@code last} begin, up to this one. */
    void begin(long last, long slice) {
        long now = total.sum();
        for (long begun = Math.max(last + 1, slice - SLICES + 1); begun <= slice; begun++) {
            before[index(begun)] = now;
        }
    }

    /** What was added in the last slices, of which {@code slice} is the present one. */
    long sum(long slice) {
        return total.sum() - before[index(slice + 1)];
    }

    /** The same slice by slice, the oldest first. */
    List<Long> slices(long slice) {
        List<Long> each = new ArrayList<>(SLICES);
        for (long of = slice - SLICES + 1; of <= slice; of++) {
            long end = of == slice ? total.sum() : before[index(of + 1)];
            each.add(end - before[index(of)]);
        }
        return each;
    }

    private static int index(long slice) {
        return Math.floorMod(slice, SLICES);
    }
}
