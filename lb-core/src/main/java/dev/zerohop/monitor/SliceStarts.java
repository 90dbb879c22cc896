package dev.zerohop.monitor;

import java.util.ArrayList;
import java.util.List;

/** What a total that only grows was when each of the last slices began. For one thread at a time. */
final class SliceStarts {
    private static final int SLICES = RecentAttempts.SLICES;

    /** That of slice {@code n} is at {@code n % SLICES}; 0 for slices before the first. */
    private final long[] starts = new long[SLICES];

    /** The slices after {@code last} begin, up to this one, at this total. */
    void begin(long last, long slice, long total) {
        for (long begun = Math.max(last + 1, slice - SLICES + 1); begun <= slice; begun++) {
            starts[index(begun)] = total;
        }
    }

    /** What was added in the last slices, of which {@code slice} is the present one. */
    long sum(long slice, long total) {
        return total - starts[index(slice + 1)];
    }

    /** The same slice by slice, the oldest first. */
    List<Long> each(long slice, long total) {
        List<Long> each = new ArrayList<>(SLICES);
        for (long of = slice - SLICES + 1; of <= slice; of++) {
            long end = of == slice ? total : starts[index(of + 1)];
            each.add(end - starts[index(of)]);
        }
        return each;
    }

    private static int index(long slice) {
        return Math.floorMod(slice, SLICES);
    }
}
