package dev.zerohop.sim;

import java.util.Arrays;
import java.util.List;

/**
 * By how much a figure is above another one over several seeds, each of which gave both from the same traffic.
 *
 * @param median that of the differences
 * @param low the lower end of its interval of 95 %, by the percentile bootstrap; NaN for one seed
 * @param high the upper end
 */
public record Difference(double median, double low, double high) {
    private static final int RESAMPLES = 2_000;
    private static final int OUTSIDE = RESAMPLES / 40;

    /** The same draws for every figure: an interval depends on nothing but the differences. */
    private static final long SEED = 1;

    static Difference of(List<Double> differences) {
        int count = differences.size();
        double[] all = differences.stream().mapToDouble(value -> value).toArray();
        double median = median(all);
        if (count < 2 || Double.isNaN(median)) {
            return new Difference(median, Double.NaN, Double.NaN);
        }
        Stream stream = Stream.of(SEED, Stream.Purpose.RESAMPLES);
        double[] medians = new double[RESAMPLES];
        double[] drawn = new double[count];
        for (int i = 0; i < RESAMPLES; i++) {
            for (int j = 0; j < count; j++) {
                drawn[j] = all[stream.nextInt(count)];
            }
            medians[i] = median(drawn);
        }
        Arrays.sort(medians);
        return new Difference(median, medians[OUTSIDE - 1], medians[RESAMPLES - OUTSIDE]);
    }

    /** The one in the middle, or the mean of both; NaN if one of them is. */
    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        // NaN comes last.
        if (Double.isNaN(sorted[sorted.length - 1])) {
            return Double.NaN;
        }
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
