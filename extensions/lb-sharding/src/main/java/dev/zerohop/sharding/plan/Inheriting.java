package dev.zerohop.sharding.plan;

import java.util.Comparator;
import java.util.List;

/**
 * Assigns slices that a map of shards places until now, a few at a time: all but a part of their keys move, so that it has to be done slowly. Used by one thread.
 *
 * <p>The hottest come first: there an even load is won soonest. Each goes to the least busy member. What still inherits is taken to lie evenly on all members.
 */
final class Inheriting {
    /** The most load that one plan assigns, as a share of the whole. */
    private static final double SHARE = 0.05;

    private final Work work;

    Inheriting(Work work) {
        this.work = work;
    }

    /** Loads the members with what still inherits, and assigns the next slices. */
    void assign(double total) {
        List<WorkSlice> inheriting =
                work.slices().stream().filter(slice -> slice.inherits).toList();
        List<WorkSlice> hottest = inheriting.stream()
                .sorted(Comparator.comparingDouble(
                                (WorkSlice slice) -> -slice.load / LoadMap.width(slice.low, slice.high))
                        .thenComparing((one, other) -> Long.compareUnsigned(one.low, other.low)))
                .toList();
        double left = SHARE * total;
        double staying = inheriting.stream().mapToDouble(slice -> slice.load).sum();
        spread(staying);
        boolean first = true;
        for (WorkSlice slice : hottest) {
            if (slice.load > left && !first) {
                continue;
            }
            first = false;
            left -= slice.load;
            spread(-slice.load);
            WorkSlice assigned = work.assigned(slice);
            for (int i = 0; i < Math.max(1, work.minReplicas()); i++) {
                Seat seat = work.coldestFor(assigned);
                if (seat != null) {
                    assigned.add(seat);
                }
            }
        }
    }

    private void spread(double load) {
        double capacity = work.seats.stream().mapToDouble(seat -> seat.capacity).sum();
        for (Seat seat : work.seats) {
            seat.load += load * seat.capacity / capacity;
        }
    }
}
