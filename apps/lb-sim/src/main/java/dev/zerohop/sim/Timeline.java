package dev.zerohop.sim;

/** What happened when, in slices of equal length: for plots. Not changed once it is given out. */
public final class Timeline {
    /** For a call whose end says nothing of how long an answer takes. */
    static final long NO_LATENCY = -1;

    /** How many slices there are. */
    public static final int SLICES = 120;

    private static final int SUB_BITS = 5;

    private final long sliceNanos;
    private final long[] calls = new long[SLICES];
    private final long[] failed = new long[SLICES];
    private final Histogram[] latency = new Histogram[SLICES];

    Timeline(long durationNanos) {
        this.sliceNanos = Math.max(1, (durationNanos + SLICES - 1) / SLICES);
        for (int i = 0; i < SLICES; i++) {
            latency[i] = new Histogram(SUB_BITS);
        }
    }

    private int slice(long nanos) {
        return (int) Math.min(SLICES - 1, (nanos - VirtualTime.START_NANOS) / sliceNanos);
    }

    void ended(long startNanos, long latencyNanos, boolean ok) {
        int slice = slice(startNanos);
        calls[slice]++;
        if (!ok) {
            failed[slice]++;
        }
        if (latencyNanos != NO_LATENCY) {
            latency[slice].record(latencyNanos);
        }
    }

    void add(Timeline other) {
        for (int i = 0; i < SLICES; i++) {
            calls[i] += other.calls[i];
            failed[i] += other.failed[i];
            latency[i].add(other.latency[i]);
        }
    }

    /** The middle of a slice. */
    public double seconds(int slice) {
        return (slice + 0.5) * sliceNanos / 1e9;
    }

    /** The latency, in milliseconds, that this share of the calls that began then did not exceed; as in {@link PolicyResult#latencyMillis}; NaN if there was none. */
    public double quantile(int slice, double share) {
        return latency[slice].quantile(share) / 1e6;
    }

    /** How many of the calls that began then were not answered well, in hundredths. */
    public double failedPercent(int slice) {
        return calls[slice] == 0 ? 0 : 100.0 * failed[slice] / calls[slice];
    }

    /** How many calls began then. */
    public long calls(int slice) {
        return calls[slice];
    }
}
