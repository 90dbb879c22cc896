package dev.zerohop.sharding.plan;

import dev.zerohop.SliceMap;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A slice while a plan is made, between its neighbours. Used by one thread. */
final class WorkSlice {
    final long low;

    /** Its end, 0 for that of the hash space. */
    final long high;

    /** Of all owners together, with the reserve. */
    final double load;

    Seat[] owners;
    int count;

    /** Those of the members that had it when the plan was begun: to leave them has a price. */
    final Seat[] had;

    /** When it got an owner that it did not have. */
    final long movedAt;

    /** On how many members that crashed it was. */
    final int strikes;

    final boolean inherits;

    @Nullable
    WorkSlice before;

    @Nullable
    WorkSlice after;

    /** Whether it was cut or merged, and others stand in its place. */
    boolean gone;

    WorkSlice(long low, long high, double load, Seat[] had, Past past) {
        this.low = low;
        this.high = high;
        this.load = load;
        this.had = had;
        this.owners = new Seat[1];
        this.movedAt = past.movedAt();
        this.strikes = past.strikes();
        this.inherits = past.inherits();
    }

    /** What is known of a slice from before. */
    record Past(long movedAt, int strikes, boolean inherits) {
        static final Past NEW = new Past(PlanMemory.NEVER, 0, false);
        static final Past INHERITED = new Past(PlanMemory.NEVER, 0, true);
    }

    Past past() {
        return new Past(movedAt, strikes, inherits);
    }

    /** The load that each owner has. */
    double share() {
        return load / Math.max(1, count);
    }

    boolean holds(Seat seat) {
        return indexOf(seat) >= 0;
    }

    private int indexOf(Seat seat) {
        for (int i = 0; i < count; i++) {
            if (owners[i] == seat) {
                return i;
            }
        }
        return -1;
    }

    boolean hadBy(Seat seat) {
        for (Seat each : had) {
            if (each == seat) {
                return true;
            }
        }
        return false;
    }

    /** Makes a member an owner as well. */
    void add(Seat seat) {
        unload();
        if (count == owners.length) {
            owners = Arrays.copyOf(owners, 2 * count);
        }
        owners[count++] = seat;
        seat.slices.add(this);
        reload();
    }

    /** Takes the slice from an owner. */
    void remove(Seat seat) {
        unload();
        int at = indexOf(seat);
        owners[at] = owners[--count];
        seat.slices.remove(this);
        reload();
    }

    /** Takes the slice from all owners. */
    void clear() {
        while (count > 0) {
            remove(owners[count - 1]);
        }
    }

    private void unload() {
        double share = share();
        for (int i = 0; i < count; i++) {
            owners[i].load -= share;
        }
    }

    private void reload() {
        double share = share();
        for (int i = 0; i < count; i++) {
            owners[i].load += share;
        }
    }

    /** How many of the owners, but for one, are in a zone. */
    int inZone(String zone, @Nullable Seat but) {
        int found = 0;
        for (int i = 0; i < count; i++) {
            found += owners[i] != but && owners[i].zone().equals(zone) ? 1 : 0;
        }
        return found;
    }

    @Override
    public String toString() {
        return "[" + SliceMap.hex(low) + ", " + (high == 0 ? "end" : SliceMap.hex(high)) + ") " + load + " on " + count;
    }
}
