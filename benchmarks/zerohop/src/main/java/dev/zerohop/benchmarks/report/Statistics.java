package dev.zerohop.benchmarks.report;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What is known about a median, without any assumption about how the values are distributed. */
final class Statistics {
    private Statistics() {}

    /**
     * A median and its interval from order statistics.
     *
     * @param confidence the chance that such an interval holds the true median
     */
    record Median(double value, double low, double high, double confidence) {}

    static double median(List<Double> values) {
        List<Double> sorted = sorted(values);
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    /** The narrowest symmetric interval of at least 95 %, or from the smallest to the largest value where there are too few for that. */
    static Median interval(List<Double> values) {
        List<Double> sorted = sorted(values);
        int n = sorted.size();
        // The chance that the true median lies below the k-th smallest value is that of fewer than k heads in n tosses.
        double tail = Math.pow(0.5, n);
        double next = tail;
        int k = 1;
        for (double term = tail; k < (n + 1) / 2; k++) {
            term = term * (n - k + 1) / k;
            if (next + term > 0.025) {
                break;
            }
            next += term;
        }
        return new Median(median(values), sorted.get(k - 1), sorted.get(n - k), 1 - 2 * next);
    }

    private static List<Double> sorted(List<Double> values) {
        List<Double> sorted = new ArrayList<>(values);
        Collections.sort(sorted);
        return sorted;
    }
}
