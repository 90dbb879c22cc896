package dev.zerohop.sharding.plan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Moves slices from the busiest members to the least busy ones, gives hot slices more owners and cold ones fewer, as long as that is worth its price. Used by one thread.
 *
 * <p>The busiest member is looked at first; what improves the whole most is done, and a member that nothing helps is given up. As targets a few of the least busy are enough: more give the same
 * result for a multiple of the work.
 */
final class Balancing {
    private static final int TARGETS = 4;

    /** A slice that moved is measured for so long before it moves again. */
    static final long COOLDOWN_MILLIS = 60_000;

    private final Work work;
    private final double churnPrice;
    private final long now;
    private final double least;

    /** The load of a slice that is neither hot nor cold. */
    private final double unit;

    private final Set<Seat> givenUp = new HashSet<>();

    Balancing(Work work, double mean, long now) {
        this.work = work;
        this.churnPrice = work.settings.churnPrice();
        this.now = now;
        this.least = 1e-9 * mean;
        this.unit = mean / Work.MAX_SLICES;
    }

    /** One change: a slice from one member to another, or one more owner, or one less. */
    private record Move(
            WorkSlice slice, @Nullable Seat from, @Nullable Seat to, double gain, double rank) {
        void make() {
            if (from != null) {
                slice.remove(from);
            }
            if (to != null) {
                slice.add(to);
            }
        }
    }

    void balance() {
        // Each move makes the whole better, so this ends; the bound is for rounding.
        for (int i = 0; i < 20 * work.seats.size() + 4 * work.size(); i++) {
            Seat busiest = busiest();
            if (busiest == null) {
                return;
            }
            Move best = best(busiest);
            if (best == null) {
                givenUp.add(busiest);
            } else {
                best.make();
            }
        }
    }

    /** The busiest of those that are not given up; null if there is none, or all are in their band. */
    private @Nullable Seat busiest() {
        Seat busiest = null;
        boolean done = true;
        for (Seat seat : work.seats) {
            if (seat.waiting || !seat.target) {
                continue;
            }
            done &= seat.inBand();
            if (!givenUp.contains(seat) && (busiest == null || seat.pressure() > busiest.pressure())) {
                busiest = seat;
            }
        }
        return done ? null : busiest;
    }

    private @Nullable Move best(Seat from) {
        List<Seat> targets = targets(from);
        Move best = null;
        for (WorkSlice slice : from.slices) {
            boolean cooling = now - slice.movedAt < COOLDOWN_MILLIS && slice.had.length > 0;
            boolean hot = slice.share() > work.tolerance && slice.count < work.maxReplicas();
            if (cooling && !hot) {
                continue;
            }
            for (Seat to : targets) {
                if (slice.holds(to)) {
                    continue;
                }
                if (!cooling && helps(slice, from, to) && spreads(slice, from, to)) {
                    best = better(
                            best,
                            move(slice, from, to, gainOfMove(slice, from, to), slice.hadBy(from) ? slice.share() : 0));
                }
                if (hot && spreads(slice, null, to)) {
                    best = better(best, move(slice, null, to, gainOfOwner(slice, to), 0));
                }
            }
            if (!cooling
                    && slice.count > Math.max(1, work.minReplicas())
                    && slice.load / (slice.count - 1) < work.tolerance / 2) {
                best = better(best, move(slice, from, null, gainOfLoss(slice, from), 0));
            }
        }
        return best;
    }

    /** Whether the target is less busy with the slice than the source is now: else the two have only changed places. */
    private static boolean helps(WorkSlice slice, Seat from, Seat to) {
        return (to.load + slice.share()) / to.capacity < from.pressure();
    }

    /** Moves rank by what they gain for what they move; without the second part a hot slice would move where a few lukewarm ones do as well. */
    private Move move(WorkSlice slice, @Nullable Seat from, @Nullable Seat to, double gain, double moved) {
        return new Move(slice, from, to, gain, gain / (moved + unit));
    }

    private @Nullable Move better(@Nullable Move best, Move other) {
        return other.gain() > least && (best == null || other.rank() > best.rank()) ? other : best;
    }

    /** The least busy ones, of each zone one at least. */
    private List<Seat> targets(Seat from) {
        List<Seat> coldest = new ArrayList<>(TARGETS + 1);
        Map<String, Seat> ofZone = new HashMap<>();
        for (Seat seat : work.seats) {
            if (!seat.target || seat.waiting || seat == from || givenUp.contains(seat)) {
                continue;
            }
            int at = coldest.size();
            while (at > 0 && colder(seat, coldest.get(at - 1))) {
                at--;
            }
            if (at < TARGETS) {
                coldest.add(at, seat);
                if (coldest.size() > TARGETS) {
                    coldest.remove(TARGETS);
                }
            }
            ofZone.merge(seat.zone(), seat, (one, other) -> colder(other, one) ? other : one);
        }
        if (work.maxReplicas() > 1 && ofZone.size() > 1) {
            for (Seat seat : work.seats) {
                if (ofZone.get(seat.zone()) == seat && !coldest.contains(seat)) {
                    coldest.add(seat);
                }
            }
        }
        return coldest;
    }

    private static boolean colder(Seat seat, Seat than) {
        return seat.pressure() < than.pressure();
    }

    /** Whether the owners of a slice are spread over zones as well with this one as with any other. */
    private boolean spreads(WorkSlice slice, @Nullable Seat but, Seat with) {
        if (slice.count == 0 || (slice.count == 1 && but != null) || with.zone().isEmpty()) {
            return true;
        }
        int here = slice.inZone(with.zone(), but);
        if (here == 0) {
            return true;
        }
        for (Seat seat : work.seats) {
            if (seat.target && !slice.holds(seat) && slice.inZone(seat.zone(), but) < here) {
                return false;
            }
        }
        return true;
    }

    // ---- what a change is worth ----

    private double gainOfMove(WorkSlice slice, Seat from, Seat to) {
        double share = slice.share();
        double gain = from.cost(from.load) - from.cost(from.load - share) + to.cost(to.load) - to.cost(to.load + share);
        gain += (to.slices.isEmpty() ? to.costOfNothing() : 0) - (from.slices.size() == 1 ? from.costOfNothing() : 0);
        return gain - churnPrice * share * ((slice.hadBy(from) ? 1 : 0) - (slice.hadBy(to) ? 1 : 0));
    }

    private double gainOfOwner(WorkSlice slice, Seat to) {
        double share = slice.share();
        double next = slice.load / (slice.count + 1);
        double gain = to.cost(to.load) - to.cost(to.load + next) + (to.slices.isEmpty() ? to.costOfNothing() : 0);
        for (int i = 0; i < slice.count; i++) {
            Seat owner = slice.owners[i];
            gain += owner.cost(owner.load) - owner.cost(owner.load - share + next);
        }
        return gain - share - churnPrice * (slice.hadBy(to) ? 0 : next);
    }

    private double gainOfLoss(WorkSlice slice, Seat from) {
        double share = slice.share();
        double next = slice.load / (slice.count - 1);
        double gain = from.cost(from.load) - from.cost(from.load - share);
        for (int i = 0; i < slice.count; i++) {
            Seat owner = slice.owners[i];
            if (owner != from) {
                gain += owner.cost(owner.load) - owner.cost(owner.load - share + next);
            }
        }
        return gain + next - (from.slices.size() == 1 ? from.costOfNothing() : 0);
    }
}
