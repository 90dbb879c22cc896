package dev.zerohop.cli;

/**
 * Counts durations in buckets whose width grows with the value: 64 for each power of two, so that a percentile is at most 1.6 % above the
 * true value, from 1 us to hours, in thirty kilobytes. Not thread-safe.
 */
final class Histogram {
    private static final int SUB_BITS = 7;
    private static final int SUB_BUCKETS = 1 << SUB_BITS;
    private static final int BUCKETS = ((64 - SUB_BITS) << (SUB_BITS - 1)) + SUB_BUCKETS;

    private final long[] counts = new long[BUCKETS];
    private long total;
    private long max;

    void record(long nanos) {
        long micros = Math.max(0, nanos / 1_000);
        counts[bucket(micros)]++;
        total++;
        max = Math.max(max, micros);
    }

    /** The value that {@code percent} of the durations do not exceed, in milliseconds; 0 when nothing was recorded. */
    double percentileMillis(double percent) {
        if (total == 0) {
            return 0;
        }
        long rank = Math.max(1, (long) Math.ceil(total * percent / 100));
        long seen = 0;
        for (int i = 0; i < BUCKETS; i++) {
            seen += counts[i];
            if (seen >= rank) {
                return Math.min(upperBound(i), max) / 1_000.0;
            }
        }
        return max / 1_000.0;
    }

    private static int bucket(long micros) {
        if (micros < SUB_BUCKETS) {
            return (int) micros;
        }
        int shift = 63 - Long.numberOfLeadingZeros(micros) - SUB_BITS + 1;
        // The upper half of the sub-buckets: the lower half is covered by the power of two below.
        return (shift << (SUB_BITS - 1)) + (int) (micros >>> shift);
    }

    private static long upperBound(int bucket) {
        if (bucket < SUB_BUCKETS) {
            return bucket;
        }
        int shift = (bucket >> (SUB_BITS - 1)) - 1;
        long base = bucket - ((long) shift << (SUB_BITS - 1));
        return ((base + 1) << shift) - 1;
    }
}
