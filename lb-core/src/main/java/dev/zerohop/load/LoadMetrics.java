package dev.zerohop.load;

import static java.util.Objects.requireNonNull;

import dev.zerohop.LoadMetric;
import dev.zerohop.Options;
import java.time.Duration;

/** The load metrics other than {@link LoadMetric#IN_FLIGHT}. All are values: equal arguments give equal metrics. */
public final class LoadMetrics {

    /** The default time in which Peak-EWMA forgets: 10 seconds. */
    public static final Duration DEFAULT_DECAY = Duration.ofSeconds(10);

    /** How many times its load an endpoint counts by default after a failed attempt under Peak-EWMA: 10. */
    public static final double DEFAULT_ERROR_PENALTY = 10;

    private LoadMetrics() {}

    /** {@link #peakEwma(Duration, double)} with the defaults. */
    public static LoadMetric peakEwma() {
        return peakEwma(DEFAULT_DECAY, DEFAULT_ERROR_PENALTY);
    }

    /**
     * The expected wait: a moving average of the latency that jumps to every peak and sinks with time, multiplied by the attempts under way plus
     * one, in nanoseconds. Source: Finagle's Peak-EWMA. Different from it:
     *
     * <ul>
     *   <li>A failed attempt is no latency: it multiplies the load by {@code errorPenalty}, so a fast failure never looks like a fast answer. The factor sinks
     *       to 1 within a fifth of the decay (2 seconds by default) and ends with the next answer. Failures one after another multiply once each, and are
     *       held against the endpoint four times as long from the second on and sixteen times from the third (8 and 32 seconds); attempts that were under way
     *       together fail as one. The average itself is never raised by a penalty. An endpoint that has never answered well is measured by a second instead.
     *   <li>A cancelled attempt took at least as long as it did, which counts if it is more than the average by now.
     *   <li>The age of the oldest attempt begun since the last answer is a floor of the cost: an endpoint that stalls becomes expensive while it
     *       stalls, not when it answers. While that is an attempt that began after a failure, nothing of the penalty is forgiven: one call finds out, and no
     *       burst.
     * </ul>
     *
     * <p>An endpoint that never answered is free while it is idle and the last choice while it has an attempt under way, so it is tried with one
     * call and not with a burst.
     *
     * @param decay after this time without traffic the cost is 1/e of what it was; 1 ms to 1 hour
     * @param errorPenalty 1 to 1000
     * @throws IllegalArgumentException if a value is out of its range
     */
    public static LoadMetric peakEwma(Duration decay, double errorPenalty) {
        requireNonNull(decay, "decay");
        return new PeakEwma(decay, errorPenalty);
    }

    /**
     * {@link #peakEwma(Duration, double)} with the options {@code decay} and {@code errorPenalty} of a configuration, else the defaults.
     *
     * @throws IllegalArgumentException naming the path, what was found and what was expected
     */
    public static LoadMetric peakEwma(Options options) {
        return new PeakEwma(
                options.duration("decay", DEFAULT_DECAY, PeakEwma.MIN_DECAY, PeakEwma.MAX_DECAY),
                options.number("errorPenalty", DEFAULT_ERROR_PENALTY, 1, PeakEwma.MAX_PENALTY));
    }
}
