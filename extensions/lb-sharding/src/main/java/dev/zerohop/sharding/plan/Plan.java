package dev.zerohop.sharding.plan;

import static java.util.Objects.requireNonNull;

import dev.zerohop.SliceMap;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * What the planner decided. An immutable value.
 *
 * @param next the assignment to write as a draft; the one before itself if nothing is to be changed, null if there is none and no member to have it
 * @param churn what moves
 * @param loads the load of each member under {@code next}, by id, without the reserve, in the unit of the reports and divided by its weight's share of the mean weight
 * @param memory to be given to the planner when it is asked again
 * @param reviewInMillis when to ask again at the latest because of what passes with time, such as a member that is kept for a while; {@link Long#MAX_VALUE} for never
 * @param problem why a step of the planner was not made, in words: a fault of the planner, and {@code next} is the assignment before; null for none
 */
public record Plan(
        @Nullable SliceMap next,
        Churn churn,
        SortedMap<String, Double> loads,
        PlanMemory memory,
        long reviewInMillis,
        @Nullable String problem) {

    /**
     * Load that changes its owner, as shares of the whole load.
     *
     * @param added to members that had nothing before
     * @param removed away from members that leave or are gone
     * @param balanced between members that stay
     */
    public record Churn(double added, double removed, double balanced) {
        /** Nothing moves. */
        public static final Churn NONE = new Churn(0, 0, 0);

        /** All of it. */
        public double total() {
            return added + removed + balanced;
        }
    }

    /** Checks for null. */
    public Plan {
        requireNonNull(churn, "churn");
        requireNonNull(loads, "loads");
        requireNonNull(memory, "memory");
    }

    /** The load of the busiest member divided by the mean; 1 if there is no load. */
    public double maxToMean() {
        double max = 0;
        double sum = 0;
        for (double load : loads.values()) {
            max = Math.max(max, load);
            sum += load;
        }
        return sum > 0 ? max * loads.size() / sum : 1;
    }
}
