package dev.zerohop.benchmarks.report;

import java.util.ArrayList;
import java.util.List;

/** Maps values between two round ones onto a stretch of the picture, each decade as long as the next. */
record LogScale(double low, double high, double from, double to) {
    private static final int[] STEPS = {1, 2, 5};

    /** From the last round value at or below the least to the first at or above the greatest. */
    static LogScale around(double least, double greatest, double from, double to) {
        double low = 0;
        double high = 0;
        for (int decade = -3; decade <= 12 && high == 0; decade++) {
            for (int step : STEPS) {
                double value = step * Math.pow(10, decade);
                low = value <= least || low == 0 ? value : low;
                high = high == 0 && value >= greatest && value > low ? value : high;
            }
        }
        return new LogScale(low, high, from, to);
    }

    double at(double value) {
        return from + (to - from) * Math.log(value / low) / Math.log(high / low);
    }

    /** The round values to write beside the axis: 1, 2 and 5 of each decade, or whole decades where that would be too many. */
    List<Double> ticks() {
        boolean decades = high / low > 10_000;
        List<Double> ticks = new ArrayList<>();
        for (int decade = -3; decade <= 12; decade++) {
            for (int step : STEPS) {
                double value = step * Math.pow(10, decade);
                if (value >= low * 0.999 && value <= high * 1.001 && (step == 1 || !decades)) {
                    ticks.add(value);
                }
            }
        }
        return ticks;
    }
}
