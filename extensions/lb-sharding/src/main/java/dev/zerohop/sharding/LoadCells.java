package dev.zerohop.sharding;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** Adds up the load of one slice from many threads: each adds to one of a few cells, of its own cache line. Thread-safe, lock-free. */
final class LoadCells {
    /** 2 to the 64 divided by the golden ratio, odd: what is multiplied by it differs in its upper bits. */
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private static final VarHandle CELLS = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int STRIPE_BITS = 2;
    private static final int SPACING_SHIFT = 4;

    /** What load of 1 adds. */
    private static final double UNIT = 1 << 10;

    private final long[] cells = new long[((1 << STRIPE_BITS) + 1) << SPACING_SHIFT];

    /** Adds load of 1. */
    void addOne() {
        add((long) UNIT);
    }

    /** Adds load; 1/1024 is the least. */
    void add(double load) {
        add((long) (load * UNIT));
    }

    private void add(long units) {
        long id = Thread.currentThread().getId();
        int stripe = (int) ((id * GOLDEN) >>> -STRIPE_BITS);
        long ignored = (long) CELLS.getAndAdd(cells, (stripe + 1) << SPACING_SHIFT, units);
    }

    /** All that was added so far. */
    double sum() {
        long sum = 0;
        for (int stripe = 0; stripe < 1 << STRIPE_BITS; stripe++) {
            sum += (long) CELLS.getOpaque(cells, (stripe + 1) << SPACING_SHIFT);
        }
        return sum / UNIT;
    }
}
