package dev.zerohop.internal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Walks a cycle of positions 0 to {@code length - 1} from many threads without a shared counter. Every thread is assigned to one of
 * {@value #STRIPES} stripes by its id; each stripe walks the whole cycle in order, from its own start. The starts are spread evenly over the cycle,
 * behind one random offset.
 *
 * <p>The stripes live here and not in the threads, so threads that make one call and end (virtual threads, usually) continue each other's walk.
 *
 * <p>Two threads of one stripe may read the same position at the same time; both then take it, and the later write decides where the stripe goes
 * on. A thread that is suspended between its read and its write sets its stripe back when it wakes. So a race repeats a stretch of the cycle; it
 * never leaves the cycle. An atomic increment would rule that out and cost more than the rest of a pick; shared by two cores, ten times more.
 *
 * <p>Thread-safe, lock-free.
 */
public final class StripedCursor {

    /** The number of stripes. */
    public static final int STRIPES = 64;

    private static final VarHandle SLOTS = MethodHandles.arrayElementVarHandle(long[].class);

    /** Longs between two stripes: 128 bytes, since processors fetch cache lines of 64 bytes in pairs. */
    private static final int SPACING_SHIFT = 4;

    private static final int STRIPE_SHIFT = Long.SIZE - Integer.numberOfTrailingZeros(STRIPES);

    private static final long ONE = 1L << 32;

    private final long end;

    /** Positions in 32.32 fixed point. Steps leave the fraction alone; it keeps the stripes apart when the length changes. */
    private final long[] slots;

    private StripedCursor(int length, long[] slots) {
        this.end = (long) length << 32;
        this.slots = slots;
    }

    /**
     * A cursor over a new cycle.
     *
     * @param length positions in the cycle, at least 1
     * @param chance where it begins: 64 uniformly distributed bits
     */
    public static StripedCursor create(int length, long chance) {
        StripedCursor cursor = new StripedCursor(length, new long[(STRIPES + 1) << SPACING_SHIFT]);
        long phase = chance;
        for (int stripe = 0; stripe < STRIPES; stripe++) {
            cursor.slots[slot(stripe)] = Math.multiplyHigh(phase >>> 1, cursor.end) << 1;
            phase += 1L << STRIPE_SHIFT;
        }
        return cursor;
    }

    /**
     * The cursor that continues this one over a cycle of another length: each stripe stays where it is as a share of the cycle. The same cursor if
     * the length is the same.
     */
    public StripedCursor over(int length) {
        long nextEnd = (long) length << 32;
        if (nextEnd == end) {
            return this;
        }
        StripedCursor next = new StripedCursor(length, new long[slots.length]);
        double scale = (double) nextEnd / end;
        for (int stripe = 0; stripe < STRIPES; stripe++) {
            int slot = slot(stripe);
            long at = (long) ((long) SLOTS.getOpaque(slots, slot) * scale);
            next.slots[slot] = Math.min(at, nextEnd - 1);
        }
        return next;
    }

    /** The position of the calling thread's stripe, which moves on by one. */
    public int next() {
        // Multiplying spreads consecutive thread ids evenly over the stripes.
        long id = Thread.currentThread().getId();
        return step((int) ((id * Mix64.GOLDEN) >>> STRIPE_SHIFT));
    }

    /** The position of a stripe, which moves on by one. */
    int step(int stripe) {
        int slot = slot(stripe);
        long at = (long) SLOTS.getOpaque(slots, slot);
        long next = at + ONE;
        SLOTS.setOpaque(slots, slot, next >= end ? next - end : next);
        return (int) (at >>> 32);
    }

    private static int slot(int stripe) {
        return (stripe + 1) << SPACING_SHIFT;
    }
}
