package dev.zerohop.sim;

/** Counts of values in buckets of a constant relative width, so that a quantile is at most a stated share above the true value. Not thread-safe. */
final class Histogram {
    private final int subBits;
    private final long[] counts;
    private long total;
    private long max;
    private double sum;

    /** A histogram whose quantiles are at most 2 / 2^{@code subBits} too high. */
    Histogram(int subBits) {
        this.subBits = subBits;
        this.counts = new long[((64 - subBits) << (subBits - 1)) + (1 << subBits)];
    }

    /** To 0.4 %. */
    static Histogram fine() {
        return new Histogram(9);
    }

    void record(long value) {
        counts[bucket(value)]++;
        total++;
        sum += value;
        max = Math.max(max, value);
    }

    void add(Histogram other) {
        for (int i = 0; i < counts.length; i++) {
            counts[i] += other.counts[i];
        }
        total += other.total;
        sum += other.sum;
        max = Math.max(max, other.max);
    }

    long total() {
        return total;
    }

    /** Exact; NaN when nothing was recorded. */
    double mean() {
        return total == 0 ? Double.NaN : sum / total;
    }

    /** The value that this share of the values does not exceed; NaN when nothing was recorded. */
    double quantile(double share) {
        if (total == 0) {
            return Double.NaN;
        }
        long rank = Math.max(1, (long) StrictMath.ceil(total * share));
        long seen = 0;
        for (int i = 0; i < counts.length; i++) {
            seen += counts[i];
            if (seen >= rank) {
                return Math.min(upperBound(i), max);
            }
        }
        return max;
    }

    private int bucket(long value) {
        if (value < 1L << subBits) {
            return (int) Math.max(0, value);
        }
        int shift = 63 - Long.numberOfLeadingZeros(value) - subBits + 1;
        return (shift << (subBits - 1)) + (int) (value >>> shift);
    }

    private long upperBound(int bucket) {
        if (bucket < 1 << subBits) {
            return bucket;
        }
        int shift = (bucket >> (subBits - 1)) - 1;
        long base = bucket - ((long) shift << (subBits - 1));
        return ((base + 1) << shift) - 1;
    }
}
