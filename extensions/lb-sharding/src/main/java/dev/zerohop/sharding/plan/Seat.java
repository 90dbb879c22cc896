package dev.zerohop.sharding.plan;

import java.util.ArrayList;
import java.util.List;

/** A member while a plan is made: what it has, and how much that should be. Used by one thread. */
final class Seat {
    final PlanMember member;

    /** Its weight as a share of the mean weight. */
    final double capacity;

    /** Whether it has come since the assignment before, and had nothing in it. */
    final boolean fresh;

    /** Whether slices may be put onto it. */
    boolean target;

    /** Whether it gets one slice only, until it takes over the place of one that leaves. */
    boolean waiting;

    /** Whether it holds the slices on which members crash, and nothing else. */
    boolean quarantine;

    /** The band for its load, for the mean capacity. */
    double min;

    double max;

    final List<WorkSlice> slices = new ArrayList<>();
    double load;

    Seat(PlanMember member, double capacity, boolean fresh, boolean target) {
        this.member = member;
        this.capacity = capacity;
        this.fresh = fresh;
        this.target = target;
    }

    String zone() {
        return member.zone();
    }

    /** Its load as that of a member of the mean weight. */
    double pressure() {
        return load / capacity;
    }

    boolean inBand() {
        double pressure = pressure();
        return pressure <= max && pressure >= min && !slices.isEmpty();
    }

    /** What it costs to have this load: nothing within the band, and the more the further outside, so that the worst is mended first. Too much is worse than too little. */
    double cost(double load) {
        double each = load / capacity;
        if (each > max) {
            double ratio = each / max;
            return 16 * ratio * ratio * (each - max) * capacity;
        }
        if (each < min) {
            double ratio = 1 + (min - each) / min;
            return 4 * ratio * ratio * (min - each) * capacity;
        }
        return 0;
    }

    /** What it costs to have no slice at all. */
    double costOfNothing() {
        return 100 * max;
    }

    @Override
    public String toString() {
        return member.id() + ": " + load + " in " + slices.size() + " slices";
    }
}
