package dev.zerohop.sharding.plan;

import dev.zerohop.SliceMap;
import dev.zerohop.sharding.plan.PlanMemory.Notes;
import dev.zerohop.sharding.plan.PlanMemory.Peak;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Divides keys among members by load: from the assignment in force, the members and the load to the next assignment. A pure function, and the same for the same input.
 *
 * <p>The steps are those of Dicer and, before it, of Slicer (Adya et al., OSDI 2016): take slices from members that leave, give each as many owners as it must have, cut what is hot, merge what is
 * cold, and move what makes the load more even for a price. On top of them members have weights and zones, members that come and go in a rolling update are paired, and a loss
 * of more than half of them at once is not believed for 30 s.
 */
public final class Planner {
    private static final long DAY_MILLIS = 86_400_000;

    /** The highest mean load is taken for so much of what members can take. */
    private static final double PEAK_SHARE = 0.6;

    private final PlanInput input;
    private final Roster roster;
    private final Peak peak;
    private final double measured;
    private final double most;

    /** What is measured, with the reserve. */
    private final LoadMap loads;

    private Planner(PlanInput input) {
        this.input = input;
        this.roster = new Roster(input);
        this.measured = input.loads().total();
        double capacity = capacity();
        double mean = capacity > 0 ? measured / capacity : 0;
        Peak known = input.memory().peak;
        this.peak = mean >= known.load() || input.nowMillis() - known.at() > DAY_MILLIS
                ? new Peak(mean, input.nowMillis())
                : known;
        double stated = input.settings().maxLoad();
        this.most = stated > 0 ? stated : peak.load() > 0 ? peak.load() / PEAK_SHARE : 1;
        this.loads = input.loads().atLeastEven(input.settings().reserve() * most * capacity);
    }

    /** The next assignment. Where nothing is to be changed, it is the one before itself. */
    public static Plan plan(PlanInput input) {
        return new Planner(input).plan();
    }

    private Plan plan() {
        SliceMap before = input.before();
        if (!roster.hasTarget()) {
            return unchanged(input.memory(), null);
        }
        Work work = work();
        double mean = loads.total() / capacity();
        try {
            setBands(mean);
            assign(work, mean, loads.total());
        } catch (IllegalStateException wrong) {
            return unchanged(input.memory(), wrong.getMessage());
        }
        Outcome outcome = new Outcome(input, roster, work);
        SliceMap next = outcome.next();
        PlanMemory memory = new PlanMemory(roster.presence(), peak, outcome.notes());
        return new Plan(
                next,
                next == before ? Plan.Churn.NONE : outcome.churn(),
                outcome.loads(),
                memory,
                roster.reviewInMillis(),
                null);
    }

    private Plan unchanged(PlanMemory memory, @Nullable String problem) {
        SortedMap<String, Double> none = new TreeMap<>();
        return new Plan(input.before(), Plan.Churn.NONE, none, memory, roster.reviewInMillis(), problem);
    }

    private void assign(Work work, double mean, double total) {
        Owners owners = new Owners(work);
        owners.quarantine();
        owners.constrain();
        work.check("constraining the owners");
        new Cutting(work).hot();
        work.check("cutting hot slices");
        Merging merging = new Merging(work);
        merging.toTheMost();
        work.check("merging");
        new Cutting(work).toTheLeast();
        work.check("cutting to the least number");
        if (input.before() != null) {
            new Inheriting(work).assign(total);
        }
        work.check("assigning what inherits");
        new Balancing(work, mean, input.nowMillis()).balance();
        merging.toTheMost();
        // Slices that lost owners may have left too few.
        new Cutting(work).toTheLeast();
        owners.welcome();
        work.check("balancing");
    }

    private double capacity() {
        double capacity = 0;
        for (Seat seat : roster.seats) {
            capacity += seat.waiting ? 0 : seat.capacity;
        }
        return capacity;
    }

    private double tolerance() {
        double capacity = capacity();
        double mean = capacity > 0 ? loads.total() / capacity : 0;
        return input.settings().tolerance() * Math.max(most, mean);
    }

    private void setBands(double mean) {
        double tolerance = tolerance();
        for (Seat seat : roster.seats) {
            boolean heir = false;
            for (Seat each : roster.heirOf) {
                heir |= each == seat;
            }
            boolean newcomer = seat.fresh && !heir;
            seat.max = mean + (newcomer && input.before() != null ? tolerance / 2 : tolerance);
            seat.min = seat.waiting ? 0 : newcomer ? mean : Math.max(0, mean - tolerance);
        }
    }

    /** The assignment before, without the members that leave. */
    private Work work() {
        SliceMap before = input.before();
        Work work = new Work(roster.seats, loads, input.settings(), tolerance());
        if (before == null) {
            work.begin(input.inherits());
            return work;
        }
        Notes notes = input.memory().notes;
        WorkSlice last = null;
        for (int i = 0; i < before.size(); i++) {
            List<Seat> staying = new ArrayList<>();
            List<Seat> heirs = new ArrayList<>();
            boolean crashed = false;
            for (int k = 0; k < before.replicas(i); k++) {
                int owner = before.owner(i, k);
                Seat seat = roster.seatOf[owner];
                Seat heir = roster.heirOf[owner];
                crashed |= roster.crashed[owner];
                if (seat != null) {
                    staying.add(seat);
                } else if (heir != null && !heirs.contains(heir)) {
                    heirs.add(heir);
                }
            }
            long low = before.low(i);
            WorkSlice slice = new WorkSlice(
                    low,
                    before.high(i),
                    loads.load(low, before.high(i)),
                    staying.toArray(new Seat[0]),
                    past(notes, low, crashed, before.inherits(i)));
            work.append(last, slice);
            last = slice;
            staying.forEach(slice::add);
            heirs.forEach(heir -> {
                if (!slice.holds(heir)) {
                    slice.add(heir);
                }
            });
        }
        return work;
    }

    private WorkSlice.Past past(Notes notes, long low, boolean crashed, boolean inherits) {
        long movedAt = notes.movedAt(low);
        return new WorkSlice.Past(movedAt, Outcome.strikes(notes, low, crashed, input.nowMillis()), inherits);
    }
}
