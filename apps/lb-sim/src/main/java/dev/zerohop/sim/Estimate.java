package dev.zerohop.sim;

import java.util.List;

/**
 * A figure over several seeds.
 *
 * @param value the mean of what the seeds gave
 * @param plusMinus half the width of its confidence interval of 95 % (Student's t); NaN for one seed, which says nothing of the others
 */
public record Estimate(double value, double plusMinus) {
    /** The 97.5 % quantiles of Student's t by degrees of freedom, from 1. */
    private static final double[] T = {
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
        2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042
    };

    private static final double NORMAL = 1.960;

    static Estimate of(List<Double> values) {
        int count = values.size();
        double mean = values.stream().mapToDouble(value -> value).sum() / count;
        if (count < 2) {
            return new Estimate(mean, Double.NaN);
        }
        double squares = values.stream()
                .mapToDouble(value -> (value - mean) * (value - mean))
                .sum();
        double t = count - 2 < T.length ? T[count - 2] : NORMAL;
        return new Estimate(mean, t * StrictMath.sqrt(squares / (count - 1) / count));
    }
}
