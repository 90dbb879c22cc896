package dev.zerohop.picker;

import java.util.Arrays;

/** A quantile of the loads that were reported lately. For one thread. */
final class RecentLoads {
    private static final int KEPT = 128;

    private final double quantile;
    private final double[] loads = new double[KEPT];
    private final double[] sorted = new double[KEPT];
    private long added;

    RecentLoads(double quantile) {
        this.quantile = quantile;
    }

    void add(double load) {
        loads[(int) (added++ % KEPT)] = load;
    }

    /** The load above which an endpoint is hot: of the quantile 0 every load is. */
    double hotAbove() {
        int count = (int) Math.min(KEPT, added);
        if (quantile == 0 || count == 0) {
            return -1;
        }
        System.arraycopy(loads, 0, sorted, 0, count);
        Arrays.sort(sorted, 0, count);
        return sorted[(int) Math.ceil(quantile * count) - 1];
    }
}
