package dev.zerohop.sharding.plan;

import dev.zerohop.SliceMap;
import dev.zerohop.sharding.plan.PlanMemory.Notes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What is left when a plan is made: the next assignment, and how it differs from the one before. Used by one thread. */
final class Outcome {
    /** A member that crashes so soon after it got a slice may have crashed on it. */
    private static final long SUSPICIOUS_MILLIS = 300_000;

    /** After so long without a move a slice is above suspicion. */
    private static final long FORGIVEN_MILLIS = 3_600_000;

    private final PlanInput input;
    private final Roster roster;
    private final List<WorkSlice> slices;
    private final IdentityHashMap<Seat, Integer> places = new IdentityHashMap<>();
    private final long[] movedAt;
    private final int[] strikes;
    private final @Nullable SliceMap next;
    private double added;
    private double removed;
    private double balanced;

    Outcome(PlanInput input, Roster roster, Work work) {
        this.input = input;
        this.roster = roster;
        this.slices = work.slices();
        this.movedAt = new long[slices.size()];
        this.strikes = new int[slices.size()];
        for (int i = 0; i < roster.seats.size(); i++) {
            places.put(roster.seats.get(i), i);
        }
        this.next = compare();
    }

    @Nullable
    SliceMap next() {
        return next;
    }

    /** How many members crashed soon after they got the slice with this hash, with one that has just crashed or not. */
    static int strikes(Notes notes, long hash, boolean crashed, long now) {
        long age = now - notes.movedAt(hash);
        int strikes = age > FORGIVEN_MILLIS ? 0 : notes.strikes(hash);
        return crashed && age < SUSPICIOUS_MILLIS ? strikes + 1 : strikes;
    }

    /** Goes over the slices before and the next ones side by side. */
    private SliceMap compare() {
        SliceMap before = input.before();
        SliceMap.Builder builder = SliceMap.builder()
                .owners(roster.seats.stream().map(seat -> seat.member.owner()).toList());
        int old = 0;
        for (int i = 0; i < slices.size(); i++) {
            WorkSlice slice = slices.get(i);
            int[] owners = owners(slice);
            movedAt[i] = slice.movedAt;
            strikes[i] = slice.strikes;
            boolean[] same = {true};
            long since = SliceMap.DRAFT;
            if (before == null) {
                movedAt[i] = input.nowMillis();
                same[0] = false;
            } else {
                while (true) {
                    since = Math.max(since, before.since(old));
                    overlap(before, old, slice, i, same);
                    if (before.high(old) == slice.high || endsBefore(slice.high, before.high(old))) {
                        old += before.high(old) == slice.high ? 1 : 0;
                        break;
                    }
                    old++;
                }
            }
            long known = same[0] ? since : SliceMap.DRAFT;
            if (slice.inherits) {
                builder.inherited(slice.low, known);
            } else {
                builder.slice(slice.low, known, input.loads().load(slice.low, slice.high), owners);
            }
        }
        SliceMap draft = builder.build();
        return before != null && draft.placesAs(before) && draft.owners().equals(before.owners()) ? before : draft;
    }

    /** Whether one end of a range is before another; 0 is that of the hash space. */
    private static boolean endsBefore(long end, long other) {
        return end != 0 && (other == 0 || Long.compareUnsigned(end, other) < 0);
    }

    private int[] owners(WorkSlice slice) {
        int[] owners = new int[slice.count];
        for (int i = 0; i < owners.length; i++) {
            Integer place = places.get(slice.owners[i]);
            owners[i] = place == null ? -1 : place;
        }
        Arrays.sort(owners);
        return owners;
    }

    /** What changes where an old slice and a next one overlap. */
    private void overlap(SliceMap before, int old, WorkSlice slice, int at, boolean[] same) {
        if (slice.inherits) {
            return;
        }
        List<Seat> had = new ArrayList<>();
        boolean lost = false;
        for (int k = 0; k < before.replicas(old); k++) {
            Seat seat = roster.seatOf[before.owner(old, k)];
            if (seat == null) {
                lost = true;
            } else {
                had.add(seat);
            }
        }
        same[0] &= !lost && had.size() == slice.count;
        boolean moved = false;
        for (int i = 0; i < slice.count; i++) {
            Seat seat = slice.owners[i];
            if (had.contains(seat)) {
                continue;
            }
            moved = true;
            same[0] = false;
            long low = Long.compareUnsigned(before.low(old), slice.low) > 0 ? before.low(old) : slice.low;
            long high = endsBefore(before.high(old), slice.high) ? before.high(old) : slice.high;
            double load = input.loads().load(low, high) / slice.count;
            if (lost) {
                removed += load;
            } else if (seat.fresh) {
                added += load;
            } else {
                balanced += load;
            }
        }
        movedAt[at] = moved
                ? input.nowMillis()
                : Math.max(movedAt[at], input.memory().notes.movedAt(before.low(old)));
    }

    Plan.Churn churn() {
        double total = input.loads().total();
        return total > 0 ? new Plan.Churn(added / total, removed / total, balanced / total) : Plan.Churn.NONE;
    }

    Notes notes() {
        return new Notes(next, movedAt, strikes);
    }

    /** The measured load of each member that is there, for the mean weight. */
    SortedMap<String, Double> loads() {
        SortedMap<String, Double> loads = new TreeMap<>();
        for (Seat seat : roster.seats) {
            double load = 0;
            for (WorkSlice slice : seat.slices) {
                load += input.loads().load(slice.low, slice.high) / slice.count;
            }
            loads.put(seat.member.id(), load / seat.capacity);
        }
        return loads;
    }
}
