package dev.zerohop.sharding.plan;

import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Gives each slice as many owners as it must have, the hottest first. Used by one thread. */
final class Owners {
    /** On so many members that crashed a slice must have been to be set apart. */
    private static final int STRIKES = 2;

    /** With fewer members than this none is given up to slices on which members crash. */
    private static final int ENOUGH = 3;

    /** One key kills; where slices with more than this share of a member's load are under suspicion, members go for another reason, as when all are restarted without notice. */
    private static final double SUSPECT_SHARE = 0.25;

    private final Work work;

    Owners(Work work) {
        this.work = work;
    }

    /** Sets slices on which members crashed apart: they stay with one member, which has nothing else. */
    void quarantine() {
        List<WorkSlice> suspects =
                work.slices().stream().filter(slice -> slice.strikes >= STRIKES).toList();
        double load = suspects.stream().mapToDouble(slice -> slice.load).sum();
        if (suspects.isEmpty() || work.takers < ENOUGH || load > SUSPECT_SHARE * work.loads.total() / work.takers) {
            return;
        }
        Seat seat = null;
        for (Seat each : work.seats) {
            if (each.target
                    && (seat == null
                            || held(suspects, each) > held(suspects, seat)
                            || (held(suspects, each) == held(suspects, seat) && each.pressure() < seat.pressure()))) {
                seat = each;
            }
        }
        if (seat == null) {
            return;
        }
        seat.quarantine = true;
        seat.target = false;
        for (WorkSlice slice : List.copyOf(seat.slices)) {
            if (slice.strikes < STRIKES) {
                slice.remove(seat);
            }
        }
        for (WorkSlice slice : suspects) {
            slice.clear();
            slice.add(seat);
        }
    }

    private static long held(List<WorkSlice> slices, Seat seat) {
        return slices.stream().filter(slice -> slice.holds(seat)).count();
    }

    static boolean isSetApart(WorkSlice slice) {
        return slice.count > 0 && slice.owners[0].quarantine;
    }

    /** Takes owners that are too many from the busiest, and gives those that are missing to the least busy. */
    void constrain() {
        List<WorkSlice> hottest = new java.util.ArrayList<>(work.slices());
        hottest.sort(Comparator.comparingDouble((WorkSlice slice) -> -slice.load));
        for (WorkSlice slice : hottest) {
            if (slice.inherits || isSetApart(slice)) {
                continue;
            }
            while (slice.count > Math.max(1, work.maxReplicas())) {
                slice.remove(busiest(slice));
            }
            while (slice.count < Math.max(1, work.minReplicas())) {
                Seat seat = work.coldestFor(slice);
                if (seat == null) {
                    break;
                }
                slice.add(seat);
            }
        }
    }

    private static Seat busiest(WorkSlice slice) {
        Seat busiest = slice.owners[0];
        for (int i = 1; i < slice.count; i++) {
            if (slice.owners[i].pressure() > busiest.pressure()) {
                busiest = slice.owners[i];
            }
        }
        return busiest;
    }

    /** Gives a member that waits for the place of another one slice, the least that the busiest can spare. */
    void welcome() {
        for (Seat seat : work.seats) {
            if (!seat.waiting || !seat.slices.isEmpty()) {
                continue;
            }
            WorkSlice least = leastOfBusiest();
            if (least != null) {
                least.remove(least.owners[0]);
                least.add(seat);
            }
        }
    }

    private @Nullable WorkSlice leastOfBusiest() {
        Seat busiest = null;
        for (Seat seat : work.seats) {
            if (!seat.waiting
                    && !seat.quarantine
                    && seat.slices.size() > 1
                    && (busiest == null || seat.pressure() > busiest.pressure())) {
                busiest = seat;
            }
        }
        WorkSlice least = null;
        if (busiest != null) {
            for (WorkSlice slice : busiest.slices) {
                if (slice.count == 1 && (least == null || slice.load < least.load)) {
                    least = slice;
                }
            }
        }
        return least;
    }
}
