package dev.zerohop.sim;

import java.util.Arrays;

/** A server's estimate of the time that a call takes which arrives now: the median of recent ones that arrived when about as many were under way. For one thread. */
final class LatencyByLoad {
    private static final int KEPT = 128;
    private static final int USED = 15;

    private final int[] loads = new int[KEPT];
    private final long[] nanos = new long[KEPT];
    private final long[] some = new long[USED];
    private long count;

    void add(int load, long took) {
        int at = (int) (count++ % KEPT);
        loads[at] = load;
        nanos[at] = took;
    }

    /** In ns; 0 while there is none. */
    long estimate(int load) {
        int known = (int) Math.min(KEPT, count);
        int nearest = Integer.MAX_VALUE;
        for (int i = 0; i < known; i++) {
            nearest = Math.min(nearest, Math.abs(loads[i] - load));
        }
        int within = Math.max(nearest, load / 10);
        int used = 0;
        for (long i = count - 1; i >= count - known && used < USED; i--) {
            int at = (int) (i % KEPT);
            if (Math.abs(loads[at] - load) <= within) {
                some[used++] = nanos[at];
            }
        }
        if (used == 0) {
            return 0;
        }
        Arrays.sort(some, 0, used);
        return some[used / 2];
    }
}
