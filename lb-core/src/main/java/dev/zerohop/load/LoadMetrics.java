package dev.zerohop.load;

import static java.util.Objects.requireNonNull;

import dev.zerohop.LoadMetric;
import dev.zerohop.Options;
import java.time.Duration;
import java.util.List;

/** The load metrics other than {@link LoadMetric#IN_FLIGHT}. All are values: equal arguments give equal metrics. */
public final class LoadMetrics {

    /** The default time in which Peak-EWMA forgets: 10 seconds. */
    public static final Duration DEFAULT_DECAY = Duration.ofSeconds(10);

    /** How many times its load an endpoint counts by default after a failed attempt under Peak-EWMA: 10. */
    public static final double DEFAULT_ERROR_PENALTY = 10;

    /** What a metric of a report may be called, for messages. */
    static final String METRICS = "application_utilization, cpu_utilization, mem_utilization, utilization.NAME"
            + " or named_metrics.NAME, as a load report states it";

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
     *   <li>What is one decay old or older counts nothing beside the next answer, so that one look at an endpoint that has not been used is enough
     *       ({@link dev.zerohop.Node#stale}).
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

    /**
     * What one call a second costs an endpoint by its own reports: the reverse of the weight of gRFC A58, {@code (utilization + eps / qps * errorPenalty) / qps}. 0 while it is not known: before the
     * first report, in the blackout after that, and when the reports have expired. The blackout begins anew when the endpoint becomes usable again and when reports come back after
     * they had expired. Reads no clock but for a report.
     *
     * <p>The utilization is the application's; if that is not stated, the greatest of {@code utilization} (gRFC A114), else that of the CPU. Reports without a utilization or a rate change
     * nothing.
     *
     * @param blackout how long an endpoint must have reported before it counts; 0 or more
     * @param expiration how long a report counts; more than 0
     * @param errorPenalty 0 or more
     * @param utilization names as of {@link dev.zerohop.LoadReport#metric}
     * @throws IllegalArgumentException if a value is out of its range
     */
    public static LoadMetric reportedCost(
            Duration blackout, Duration expiration, double errorPenalty, List<String> utilization) {
        return new ReportedCost(blackout, expiration, errorPenalty, utilization);
    }

    /**
     * The calls under way at an endpoint: this client's own, and those of others by the endpoint's last report. {@linkplain dev.zerohop.LoadMetric.Load#stale Stale} while there is no report or the last is
     * older than {@code expiration}; then only its own count.
     *
     * @param metric which number of the report says how busy the endpoint is; see {@link dev.zerohop.LoadReport#metric}
     * @param callsPerUnit how many calls under way a value of 1 stands for: 1 for a number of calls, and for a utilization as many as fill the endpoint
     * @param expiration more than 0
     * @throws IllegalArgumentException if a value is out of its range
     */
    public static LoadMetric reportedCalls(String metric, double callsPerUnit, Duration expiration) {
        return new ReportedCalls(metric, callsPerUnit, expiration);
    }
}
