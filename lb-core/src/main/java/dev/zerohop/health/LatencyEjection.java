package dev.zerohop.health;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Options;
import dev.zerohop.internal.OptionsText;
import java.time.Duration;

/**
 * Ejects endpoints that answer far more slowly than the others, though they answer: in one interval the mean latency of their calls is above {@code factor} times the
 * median of the means of all endpoints compared, and at least {@code minimumDifference} above it.
 *
 * <p>A latency is the time from the beginning of an attempt to its first headers or message, or to its successful end if none was reported before; how long a stream goes on after that does not count. An
 * attempt that runs out of time without an answer counts with the time it had, whatever {@link OutlierEjection.Builder#timeouts} says, unless that was less than the median of the interval before. Error answers, broken connections
 * and calls that their caller cancels (of several hedges all but the first to answer) do not count.
 *
 * <p>An endpoint is compared with those of its own zone and {@linkplain dev.zerohop.Endpoint#PRIORITY priority} if {@code minimumHosts} of these had enough calls; else with all, and then it has
 * to exceed the fastest one of its zone by as much, unless it is the only member there: an endpoint is not slow for being in a zone that is far away. When half of the endpoints or more are slow, the median is as well,
 * and with a factor of 2 or more none is ejected.
 *
 * <p>A single call counts for at most the median of the interval before plus ten times the amount by which a mean must exceed it, so that at least a tenth of an endpoint's calls must be slow. The first interval that
 * is compared ejects nobody, since there is no median before it.
 *
 * <p>While it is configured, a call reads the clock when it begins and when it is answered, no more often than under a policy that measures latencies, and adds to one counter.
 *
 * <p>Source: the latency-induced probation of Dean and Barroso, "The tail at scale" (Communications of the ACM 56, 2013), which gives no rule. Envoy and gRFC A50 have no such ejection. The rule follows
 * the relative strategy of LinkedIn's rest.li, which lowers the share of hosts of more than 1.2 times the mean latency of all; a median is not moved by the outlier itself.
 *
 * @param factor how many times the median a mean must exceed, 1.1 to 1,000
 * @param minimumDifference how far above the median a mean must be, 1 ms to 1 hour; above what distance between zones adds
 * @param minimumHosts fewer endpoints than this with enough calls are not compared, 1 to 1,000,000
 * @param requestVolume calls in an interval that an endpoint must have had whose latency counts, 1 to 1,000,000
 */
public record LatencyEjection(double factor, Duration minimumDifference, int minimumHosts, int requestVolume) {
    private static final double MIN_FACTOR = 1.1;
    private static final double MAX_FACTOR = 1_000;
    private static final Duration MIN_DIFFERENCE = Duration.ofMillis(1);
    private static final Duration MAX_DIFFERENCE = Duration.ofHours(1);

    /** 3 times the median and 10 ms above it, 5 endpoints, 100 calls. */
    public static final LatencyEjection DEFAULTS = new LatencyEjection(3, Duration.ofMillis(10), 5, 100);

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException naming the value and what was expected
     */
    public LatencyEjection {
        if (!(factor >= MIN_FACTOR && factor <= MAX_FACTOR)) {
            throw new IllegalArgumentException("latency factor was " + factor + ", expected 1.1 to 1000");
        }
        if (requireNonNull(minimumDifference, "minimumDifference").compareTo(MIN_DIFFERENCE) < 0
                || minimumDifference.compareTo(MAX_DIFFERENCE) > 0) {
            throw new IllegalArgumentException(
                    "latency minimum difference was " + minimumDifference + ", expected PT0.001S to PT1H");
        }
        SuccessRateEjection.check("latency minimum hosts", minimumHosts, 1);
        SuccessRateEjection.check("latency request volume", requestVolume, 1);
    }

    static LatencyEjection read(Options parent, String field) {
        Options options = parent.object(field, "factor", "minimumDifference", "minimumHosts", "requestVolume");
        return new LatencyEjection(
                options.number("factor", DEFAULTS.factor, MIN_FACTOR, MAX_FACTOR),
                options.duration("minimumDifference", DEFAULTS.minimumDifference, MIN_DIFFERENCE, MAX_DIFFERENCE),
                options.integer("minimumHosts", DEFAULTS.minimumHosts, 1, SuccessRateEjection.MAX),
                options.integer("requestVolume", DEFAULTS.requestVolume, 1, SuccessRateEjection.MAX));
    }

    @Override
    public String toString() {
        return "("
                + new OptionsText("")
                        .with("factor", factor)
                        .with("minimumDifference", minimumDifference)
                        .with("minimumHosts", minimumHosts)
                        .with("requestVolume", requestVolume)
                + ")";
    }
}
