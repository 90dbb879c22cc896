package dev.zerohop.sharding.plan;

import dev.zerohop.SliceMap;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An assignment while it is made: slices in their order, and the members with what they have. Used by one thread. */
final class Work {
    /** Fewer slices for each member than this are cut, more than this merged. */
    static final int MIN_SLICES = 32;

    static final int MAX_SLICES = 64;

    /** Where cutting ends. */
    private static final int MOST = SliceMap.MAX_SLICES / 2;

    private static final Seat[] NOBODY = {};

    final List<Seat> seats;
    final LoadMap loads;
    final PlanSettings settings;

    /** How many members may have slices by and by; each slice has so many owners at most. */
    final int takers;

    /** How far from the mean a load may be, and the load above which a slice is cut. */
    final double tolerance;

    private @Nullable WorkSlice first;
    private int size;

    /** {@code loads} are with the reserve. */
    Work(List<Seat> seats, LoadMap loads, PlanSettings settings, double tolerance) {
        this.seats = seats;
        this.loads = loads;
        this.settings = settings;
        this.tolerance = tolerance;
        this.takers = (int) seats.stream().filter(seat -> seat.target).count();
    }

    int size() {
        return size;
    }

    /** The owners of all slices together; a slice that inherits counts as one. */
    int replicas() {
        int replicas = 0;
        for (WorkSlice slice = first; slice != null; slice = slice.after) {
            replicas += Math.max(1, slice.count);
        }
        return replicas;
    }

    int minReplicas() {
        return Math.min(settings.minReplicas(), takers);
    }

    int maxReplicas() {
        return Math.min(settings.maxReplicas(), takers);
    }

    int leastSlices() {
        return MIN_SLICES * seats.size();
    }

    /** Members that are kept although they are gone count as well: else slices were merged away from them. */
    int mostSlices() {
        return MAX_SLICES * seats.size();
    }

    boolean full() {
        return size >= MOST;
    }

    @Nullable
    WorkSlice first() {
        return first;
    }

    List<WorkSlice> slices() {
        List<WorkSlice> all = new ArrayList<>(size);
        for (WorkSlice slice = first; slice != null; slice = slice.after) {
            all.add(slice);
        }
        return all;
    }

    // ---- the beginning ----

    /** Equal slices, as many as a power of two, one after another on all members; or without owners, if they inherit. */
    void begin(boolean inherits) {
        int least = inherits ? leastSlices() : (leastSlices() + minReplicas() - 1) / minReplicas();
        int bits = 32 - Integer.numberOfLeadingZeros(Math.max(1, least - 1));
        int count = least <= 1 ? 1 : 1 << bits;
        List<Seat> turns = turns();
        WorkSlice last = null;
        for (int i = 0; i < count; i++) {
            long low = count == 1 ? 0 : (long) i << (64 - bits);
            long high = i + 1 == count ? 0 : (long) (i + 1) << (64 - bits);
            WorkSlice slice = new WorkSlice(
                    low, high, loads.load(low, high), NOBODY, inherits ? WorkSlice.Past.INHERITED : WorkSlice.Past.NEW);
            append(last, slice);
            last = slice;
            for (int k = 0; !inherits && k < minReplicas(); k++) {
                slice.add(turns.get((i * minReplicas() + k) % turns.size()));
            }
        }
    }

    /** Those that take slices, so that neighbours are of different zones where that is possible. */
    private List<Seat> turns() {
        List<Seat> turns = new ArrayList<>();
        List<Seat> rest = new ArrayList<>();
        for (Seat seat : seats) {
            if (seat.target) {
                rest.add(seat);
            }
        }
        String zone = "";
        while (!rest.isEmpty()) {
            int next = 0;
            while (next + 1 < rest.size() && rest.get(next).zone().equals(zone)) {
                next++;
            }
            Seat seat = rest.remove(rest.get(next).zone().equals(zone) ? 0 : next);
            zone = seat.zone();
            turns.add(seat);
        }
        return turns;
    }

    /** Appends a slice of the assignment before. */
    void append(@Nullable WorkSlice last, WorkSlice slice) {
        slice.before = last;
        if (last == null) {
            first = slice;
        } else {
            last.after = slice;
        }
        size++;
    }

    // ---- changes ----

    /** Puts another slice, or two, in the place of one or two neighbours, which have no owners any more. */
    private void replace(WorkSlice from, WorkSlice to, WorkSlice... by) {
        WorkSlice before = from.before;
        WorkSlice after = to.after;
        WorkSlice last = before;
        for (WorkSlice each : by) {
            each.before = last;
            if (last == null) {
                first = each;
            } else {
                last.after = each;
            }
            last = each;
            size++;
        }
        if (last != null) {
            last.after = after;
        }
        if (after != null) {
            after.before = last;
        }
        from.gone = true;
        to.gone = true;
        size -= from == to ? 1 : 2;
    }

    /** Cuts a slice; both parts have its owners. Null if it is one key. */
    WorkSlice @Nullable [] cut(WorkSlice slice) {
        long at = loads.cut(slice.low, slice.high);
        if (at == slice.low) {
            return null;
        }
        double load = loads.load(slice.low, at);
        WorkSlice left = new WorkSlice(slice.low, at, load, slice.had, slice.past());
        WorkSlice right = new WorkSlice(at, slice.high, Math.max(0, slice.load - load), slice.had, slice.past());
        List<Seat> owners = ownersOf(slice);
        slice.clear();
        replace(slice, slice, left, right);
        for (Seat owner : owners) {
            left.add(owner);
            right.add(owner);
        }
        return new WorkSlice[] {left, right};
    }

    /** Merges a slice with the one after it, and gives the result to these owners. */
    WorkSlice merge(WorkSlice left, WorkSlice right, List<Seat> owners) {
        WorkSlice heavier = right.load > left.load ? right : left;
        WorkSlice merged = new WorkSlice(
                left.low,
                right.high,
                left.load + right.load,
                heavier.had,
                new WorkSlice.Past(
                        Math.max(left.movedAt, right.movedAt), Math.max(left.strikes, right.strikes), false));
        left.clear();
        right.clear();
        replace(left, right, merged);
        owners.forEach(merged::add);
        return merged;
    }

    /** The same slice without inheriting; the owners come next. */
    WorkSlice assigned(WorkSlice slice) {
        WorkSlice next = new WorkSlice(
                slice.low, slice.high, slice.load, slice.had, new WorkSlice.Past(slice.movedAt, slice.strikes, false));
        replace(slice, slice, next);
        return next;
    }

    static List<Seat> ownersOf(WorkSlice slice) {
        List<Seat> owners = new ArrayList<>(slice.count);
        for (int i = 0; i < slice.count; i++) {
            owners.add(slice.owners[i]);
        }
        return owners;
    }

    // ---- who has room ----

    /** The least busy member that may take a slice and has not got it, of a zone where it has fewest owners; null if there is none. */
    @Nullable
    Seat coldestFor(WorkSlice slice) {
        Seat best = null;
        int bestZone = 0;
        for (Seat seat : seats) {
            if (!seat.target || seat.waiting || slice.holds(seat)) {
                continue;
            }
            int zone = slice.count == 0 || seat.zone().isEmpty() ? 0 : slice.inZone(seat.zone(), null);
            if (best == null || zone < bestZone || (zone == bestZone && colder(seat, best))) {
                best = seat;
                bestZone = zone;
            }
        }
        return best;
    }

    private static boolean colder(Seat seat, Seat than) {
        if (seat.slices.isEmpty() != than.slices.isEmpty()) {
            return seat.slices.isEmpty();
        }
        return seat.pressure() < than.pressure();
    }

    /**
     * Checks that slices follow each other without a gap, and that each has as many owners as it must have.
     *
     * @throws IllegalStateException naming what is wrong
     */
    void check(String step) {
        long low = 0;
        int count = 0;
        for (WorkSlice slice = first; slice != null; slice = slice.after) {
            if (slice.low != low || slice.gone || (slice.high == 0) != (slice.after == null)) {
                throw new IllegalStateException(step + " left a gap at " + SliceMap.hex(low) + ": " + slice);
            }
            if (!slice.inherits && slice.count == 0) {
                throw new IllegalStateException(step + " left no owner to " + slice);
            }
            low = slice.high;
            count++;
        }
        if (count != size || low != 0) {
            throw new IllegalStateException(step + " left " + count + " slices, expected " + size + " and no gap");
        }
    }
}
