package dev.zerohop.sharding.plan;

import dev.zerohop.SliceMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the planner carries from one plan to the next: since when members are gone or wait, which slices moved lately, and which of them were on members that crashed. An immutable value.
 * A new leader begins without; nothing but the speed of its decisions depends on it.
 */
public final class PlanMemory {
    /** Long ago. */
    static final long NEVER = Long.MIN_VALUE / 4;

    /** Nothing yet. */
    public static final PlanMemory NONE =
            new PlanMemory(new Presence(Map.of(), NEVER, Map.of(), NEVER), new Peak(0, NEVER), Notes.NONE);

    /**
     * Who came and went.
     *
     * @param goneSince since when members that own slices are gone without notice, by id
     * @param massSince since when those are more than half; {@link #NEVER} if they are not
     * @param joined since when members that had nothing are there
     * @param pairedAt when a member took over the place of another for the last time
     */
    record Presence(Map<String, Long> goneSince, long massSince, Map<SliceMap.Owner, Long> joined, long pairedAt) {
        Presence {
            goneSince = Map.copyOf(goneSince);
            joined = Map.copyOf(joined);
        }
    }

    /** The highest mean load of a member of the mean weight, and when that was. */
    record Peak(double load, long at) {}

    /** What is known of the slices of an assignment. */
    static final class Notes {
        static final Notes NONE = new Notes(null, new long[0], new int[0]);

        private final @Nullable SliceMap slices;
        private final long[] movedAt;
        private final int[] strikes;

        /**
         * Takes the arrays over.
         *
         * @param slices whose these are; null if nothing is known
         * @param movedAt when each slice got an owner that it did not have
         * @param strikes how many members crashed soon after they got the slice
         */
        Notes(@Nullable SliceMap slices, long[] movedAt, int[] strikes) {
            this.slices = slices;
            this.movedAt = movedAt;
            this.strikes = strikes;
        }

        /** When the slice with this hash moved. */
        long movedAt(long hash) {
            return slices == null ? NEVER : movedAt[slices.find(hash)];
        }

        /** On how many members that crashed it was. */
        int strikes(long hash) {
            return slices == null ? 0 : strikes[slices.find(hash)];
        }
    }

    final Presence presence;
    final Peak peak;
    final Notes notes;

    PlanMemory(Presence presence, Peak peak, Notes notes) {
        this.presence = presence;
        this.peak = peak;
        this.notes = notes;
    }
}
