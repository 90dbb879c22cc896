package dev.zerohop.sharding.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/** Merges neighbours that have little load, where there are more slices than are kept. Used by one thread. */
final class Merging {
    private final Work work;

    Merging(Work work) {
        this.work = work;
    }

    private record Pair(WorkSlice left, WorkSlice right, double load) {
        boolean stands() {
            return !left.gone && !right.gone;
        }
    }

    /** Merges the lightest pairs until there are few enough slices. A pair that would be cut again is none. */
    void toTheMost() {
        int most = work.mostSlices();
        int replicas = work.replicas();
        if (replicas <= most) {
            return;
        }
        PriorityQueue<Pair> lightest = new PriorityQueue<>(Comparator.comparingDouble(Pair::load)
                .thenComparing((one, other) -> Long.compareUnsigned(one.left().low, other.left().low)));
        for (WorkSlice slice = work.first(); slice != null; slice = slice.after) {
            add(lightest, slice);
        }
        while (replicas > most) {
            Pair pair = lightest.poll();
            if (pair == null) {
                return;
            }
            if (!pair.stands()) {
                continue;
            }
            if (pair.load() / Math.max(1, work.minReplicas()) > work.tolerance) {
                return;
            }
            replicas -= pair.left().count + pair.right().count;
            WorkSlice merged = work.merge(pair.left(), pair.right(), owners(pair));
            replicas += merged.count;
            add(lightest, merged);
            if (merged.before != null) {
                add(lightest, merged.before);
            }
        }
    }

    private static void add(PriorityQueue<Pair> pairs, WorkSlice left) {
        WorkSlice right = left.after;
        if (right != null && mayMerge(left) && mayMerge(right)) {
            pairs.add(new Pair(left, right, left.load + right.load));
        }
    }

    private static boolean mayMerge(WorkSlice slice) {
        return !slice.inherits && !Owners.isSetApart(slice) && slice.count > 0;
    }

    /** As few owners as are allowed: those that have most of the load of both, of equal ones the less busy. */
    private List<Seat> owners(Pair pair) {
        Map<Seat, Double> had = new HashMap<>();
        for (WorkSlice slice : List.of(pair.left(), pair.right())) {
            Work.ownersOf(slice).forEach(seat -> had.merge(seat, slice.share(), Double::sum));
        }
        List<Seat> best = new ArrayList<>(had.keySet());
        best.sort(Comparator.comparingDouble((Seat seat) -> -had.getOrDefault(seat, 0.0))
                .thenComparingDouble(Seat::pressure)
                .thenComparing(seat -> seat.member.id()));
        List<Seat> owners = new ArrayList<>();
        while (!best.isEmpty() && owners.size() < Math.max(1, work.minReplicas())) {
            // Of a zone that has fewest so far: both halves were spread, and so must the whole be.
            Seat next = best.get(0);
            for (Seat seat : best) {
                if (inZone(owners, seat) < inZone(owners, next)) {
                    next = seat;
                }
            }
            best.remove(next);
            owners.add(next);
        }
        return owners;
    }

    private static long inZone(List<Seat> owners, Seat seat) {
        return seat.zone().isEmpty()
                ? 0
                : owners.stream()
                        .filter(owner -> owner.zone().equals(seat.zone()))
                        .count();
    }
}
