package dev.zerohop.sharding.plan;

import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.function.BooleanSupplier;

/** Cuts slices at half of their load; both parts stay where they are, so no key moves. Two cuts set a hot key apart. Used by one thread. */
final class Cutting {
    private final Work work;

    Cutting(Work work) {
        this.work = work;
    }

    /** Cuts until no owner has more of one slice than the tolerance, but for slices of one key. */
    void hot() {
        cut(() -> true, work.tolerance);
    }

    /** Cuts the hottest until there are as many slices as there must be. */
    void toTheLeast() {
        int[] missing = {work.leastSlices() - work.replicas()};
        if (missing[0] > 0) {
            PriorityQueue<WorkSlice> hottest = queue(-1);
            while (missing[0] > 0 && !work.full()) {
                WorkSlice slice = hottest.poll();
                if (slice == null) {
                    return;
                }
                WorkSlice[] parts = work.cut(slice);
                if (parts != null) {
                    missing[0] -= Math.max(1, parts[0].count);
                    hottest.add(parts[0]);
                    hottest.add(parts[1]);
                }
            }
        }
    }

    private void cut(BooleanSupplier more, double above) {
        PriorityQueue<WorkSlice> hottest = queue(above);
        while (more.getAsBoolean() && !work.full()) {
            WorkSlice slice = hottest.poll();
            if (slice == null) {
                return;
            }
            WorkSlice[] parts = work.cut(slice);
            if (parts != null) {
                for (WorkSlice part : parts) {
                    if (part.share() > above) {
                        hottest.add(part);
                    }
                }
            }
        }
    }

    private PriorityQueue<WorkSlice> queue(double above) {
        PriorityQueue<WorkSlice> hottest = new PriorityQueue<>(
                Math.max(1, work.size()),
                Comparator.comparingDouble((WorkSlice slice) -> -slice.share())
                        .thenComparing((one, other) -> Long.compareUnsigned(one.low, other.low)));
        for (WorkSlice slice = work.first(); slice != null; slice = slice.after) {
            if (slice.share() > above && !Owners.isSetApart(slice)) {
                hottest.add(slice);
            }
        }
        return hottest;
    }
}
