package dev.zerohop.health;

import static java.util.Objects.requireNonNull;

import dev.zerohop.EjectionPolicy;
import dev.zerohop.Env;
import dev.zerohop.Options;
import dev.zerohop.internal.OptionsText;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Ejects endpoints that fail the calls of this client, for a time that grows, and lets one probe call decide on their return.
 *
 * <p>Two findings eject, and three more if they are asked for:
 *
 * <ul>
 *   <li><b>Consecutive failures</b> are evidence, not proof: {@link Builder#consecutiveFailures} outcomes in a row that
 *       {@linkplain dev.zerohop.Outcome#isEndpointFailure count against the endpoint}. The ejection lasts {@link Builder#baseTime} times the number of ejections
 *       so far, at most {@link Builder#maxTime}; each healthy {@link Builder#interval} takes one step back. Failures never take out more than
 *       {@link Builder#maxPercent} of the endpoints (but at least one), because the evidence can mislead, and does so about all of them at once when the
 *       fault is the client's own.
 *   <li><b>Failed connections</b> are a fact: no call can succeed where nothing listens. {@link Builder#connectFailures} in a row eject at once, for
 *       {@link Builder#connectBaseTime}, doubling to {@link Builder#connectMaxTime}. The largest share does not bound them: when a third of the
 *       endpoints is gone, calls must not be sent to most of the dead ones. The time is short instead. Panic does not use
 *       them either ({@link dev.zerohop.Health.Status#UNREACHABLE}); only when no other is left the health filter does, so a client whose own
 *       network broke keeps trying all of them.
 *   <li><b>Comparison</b>, off by default: a {@linkplain Builder#successRate success rate} far below that of the others, a {@linkplain
 *       Builder#failurePercentage share of failures} above a limit, or a {@linkplain Builder#latency latency} far above that of the others, in one {@link Builder#interval} (up to a fifth longer, by
 *       chance). They see endpoints that fail some calls and never five in a row, and those that fail none and are slow. Ejected is under the same limit and for the same times as for consecutive failures, the worst first.
 * </ul>
 *
 * <p>After its time an endpoint is half open: one call goes there, all others go around it. An answer readmits it, a failure ejects it again
 * for longer, and a call that was cancelled or leaked, or that does not end within {@link #PROBE_PATIENCE}, passes the probe on to another call. Calls
 * that began before the ejection decide nothing, however they end.
 *
 * <p>Immutable and thread-safe; equal settings are equal policies. Reporting an outcome takes no lock and allocates nothing. An endpoint's record
 * survives a change to another {@code OutlierEjection}.
 *
 * <p>Source: Envoy's outlier detection and gRFC A50 for the growing time, the share and their defaults. They differ in that they
 * readmit by time alone, and that gRFC A50 has no consecutive failures.
 */
public final class OutlierEjection implements EjectionPolicy {

    /** How long a probe call may take before another call may probe as well: 10 seconds, at most one second more. */
    public static final Duration PROBE_PATIENCE = Duration.ofSeconds(10);

    private final Limits limits;
    private final OutlierSweep.Comparisons comparisons;

    /**
     * The values that calls go by, in nanoseconds.
     *
     * @param counts whether endpoints are compared by what became of their calls, for which these are counted
     * @param times whether endpoints are compared by their latencies
     */
    record Limits(
            int consecutiveFailures,
            int connectFailures,
            boolean errorResponses,
            boolean timeouts,
            long intervalNanos,
            long baseNanos,
            long maxNanos,
            long connectBaseNanos,
            long connectMaxNanos,
            int maxPercent,
            long jitterNanos,
            boolean counts,
            boolean times) {}

    private OutlierEjection(Limits limits, OutlierSweep.Comparisons comparisons) {
        this.limits = limits;
        this.comparisons = comparisons;
    }

    /** Starts with the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** Starts with the values of this one. */
    public Builder toBuilder() {
        return builder()
                .consecutiveFailures(limits.consecutiveFailures)
                .connectFailures(limits.connectFailures)
                .errorResponses(limits.errorResponses)
                .timeouts(limits.timeouts)
                .interval(Duration.ofNanos(limits.intervalNanos))
                .baseTime(Duration.ofNanos(limits.baseNanos))
                .maxTime(Duration.ofNanos(limits.maxNanos))
                .connectBaseTime(Duration.ofNanos(limits.connectBaseNanos))
                .connectMaxTime(Duration.ofNanos(limits.connectMaxNanos))
                .maxPercent(limits.maxPercent)
                .jitter(Duration.ofNanos(limits.jitterNanos))
                .successRate(comparisons.successRate())
                .failurePercentage(comparisons.failurePercentage())
                .latency(comparisons.latency());
    }

    /**
     * Reads it from a field of a configuration; what is left out has its default.
     *
     * @throws IllegalArgumentException naming the path, what was found and what was expected
     */
    public static OutlierEjection read(Options parent, String field) {
        return builder()
                .read(parent.object(
                        field,
                        "consecutiveFailures",
                        "connectFailures",
                        "errorResponses",
                        "timeouts",
                        "interval",
                        "baseTime",
                        "maxTime",
                        "connectBaseTime",
                        "connectMaxTime",
                        "maxPercent",
                        "jitter",
                        "successRate",
                        "failurePercentage",
                        "latency"))
                .build();
    }

    @Override
    public Detector newDetector(Env env) {
        OutlierSweep sweep = comparisons.any() ? new OutlierSweep(comparisons) : null;
        return new OutlierDetector(limits, sweep, requireNonNull(env, "env"));
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof OutlierEjection that
                && limits.equals(that.limits)
                && comparisons.equals(that.comparisons);
    }

    @Override
    public int hashCode() {
        return Objects.hash(limits, comparisons);
    }

    @Override
    public String toString() {
        return new OptionsText("")
                .with("consecutiveFailures", limits.consecutiveFailures)
                .with("connectFailures", limits.connectFailures)
                .with("errorResponses", limits.errorResponses)
                .with("timeouts", limits.timeouts)
                .withNanos("interval", limits.intervalNanos)
                .withNanos("baseTime", limits.baseNanos)
                .withNanos("maxTime", limits.maxNanos)
                .withNanos("connectBaseTime", limits.connectBaseNanos)
                .withNanos("connectMaxTime", limits.connectMaxNanos)
                .with("maxPercent", limits.maxPercent)
                .withNanos("jitter", limits.jitterNanos)
                .with("successRate", comparisons.successRate())
                .with("failurePercentage", comparisons.failurePercentage())
                .with("latency", comparisons.latency())
                .toString();
    }

    /** Builds an {@link OutlierEjection}. A setter throws {@link IllegalArgumentException} for a value out of its range. Not thread-safe. */
    public static final class Builder {
        private static final int MAX_COUNT = 1_000_000;
        private static final int MAX_PERCENT = 100;
        private static final Duration MIN_DURATION = Duration.ofMillis(1);
        private static final Duration MAX_DURATION = Duration.ofDays(1);

        private int consecutiveFailures = 5;
        private int connectFailures = 1;
        private boolean errorResponses;
        private boolean timeouts = true;
        private Duration interval = Duration.ofSeconds(10);
        private Duration baseTime = Duration.ofSeconds(30);
        private Duration maxTime = Duration.ofMinutes(5);
        private Duration connectBaseTime = Duration.ofSeconds(1);
        private Duration connectMaxTime = Duration.ofSeconds(32);
        private int maxPercent = 10;
        private Duration jitter = Duration.ofSeconds(3);
        private @Nullable SuccessRateEjection successRate;
        private @Nullable FailurePercentageEjection failurePercentage;
        private @Nullable LatencyEjection latency;

        private Builder() {}

        private Builder read(Options options) {
            consecutiveFailures = options.integer("consecutiveFailures", consecutiveFailures, 0, MAX_COUNT);
            connectFailures = options.integer("connectFailures", connectFailures, 0, MAX_COUNT);
            errorResponses = options.flag("errorResponses", errorResponses);
            timeouts = options.flag("timeouts", timeouts);
            interval = duration(options, "interval", interval);
            baseTime = duration(options, "baseTime", baseTime);
            maxTime = duration(options, "maxTime", maxTime);
            connectBaseTime = duration(options, "connectBaseTime", connectBaseTime);
            connectMaxTime = duration(options, "connectMaxTime", connectMaxTime);
            maxPercent = options.integer("maxPercent", maxPercent, 0, MAX_PERCENT);
            jitter = options.duration("jitter", jitter, Duration.ZERO, MAX_DURATION);
            successRate = options.has("successRate") ? SuccessRateEjection.read(options, "successRate") : null;
            failurePercentage = options.has("failurePercentage")
                    ? FailurePercentageEjection.read(options, "failurePercentage")
                    : null;
            latency = options.has("latency") ? LatencyEjection.read(options, "latency") : null;
            ordered(options, "baseTime", baseTime, "maxTime", maxTime);
            ordered(options, "connectBaseTime", connectBaseTime, "connectMaxTime", connectMaxTime);
            return this;
        }

        private static Duration duration(Options options, String name, Duration otherwise) {
            return options.duration(name, otherwise, MIN_DURATION, MAX_DURATION);
        }

        private static void ordered(Options options, String lower, Duration base, String upper, Duration max) {
            if (base.compareTo(max) > 0) {
                throw Options.rejected(
                        options.path(lower),
                        Options.text(base),
                        "at most " + upper + ", which is " + Options.text(max));
            }
        }

        /** Sets how many failures in a row eject, at most 1,000,000; 0 for never. Default: 5. */
        public Builder consecutiveFailures(int count) {
            this.consecutiveFailures = count("consecutive failures", count, MAX_COUNT);
            return this;
        }

        /** Sets how many failed connections in a row eject, at most 1,000,000; 0 for never, though they still count as failures. Default: 1. */
        public Builder connectFailures(int count) {
            this.connectFailures = count("connect failures", count, MAX_COUNT);
            return this;
        }

        /**
         * Sets whether {@link dev.zerohop.Outcome#ERROR_RESPONSE} counts as a failure of the endpoint. Default: false, because a bad request makes an error
         * response too.
         */
        public Builder errorResponses(boolean count) {
            this.errorResponses = count;
            return this;
        }

        /**
         * Sets whether {@link dev.zerohop.Outcome#TIMEOUT} counts as a failure of the endpoint. Without it an endpoint that hangs is not ejected; for callers
         * with deadlines that are shorter than the endpoint's usual answers. Default: true.
         */
        public Builder timeouts(boolean count) {
            this.timeouts = count;
            return this;
        }

        /** Sets how long an endpoint must stay in to have one ejection forgotten, more than 0 and at most a day. Default: 10 seconds. */
        public Builder interval(Duration interval) {
            this.interval = positive("ejection interval", interval);
            return this;
        }

        /** Sets the time of the first ejection for failures, more than 0 and at most a day. Default: 30 seconds. */
        public Builder baseTime(Duration time) {
            this.baseTime = positive("base ejection time", time);
            return this;
        }

        /** Sets the longest ejection for failures, more than 0 and at most a day. Default: 300 seconds. */
        public Builder maxTime(Duration time) {
            this.maxTime = positive("largest ejection time", time);
            return this;
        }

        /** Sets the time of the first ejection for failed connections, more than 0 and at most a day. Default: 1 second. */
        public Builder connectBaseTime(Duration time) {
            this.connectBaseTime = positive("base ejection time after failed connections", time);
            return this;
        }

        /** Sets the longest ejection for failed connections, more than 0 and at most a day. Default: 32 seconds. */
        public Builder connectMaxTime(Duration time) {
            this.connectMaxTime = positive("largest ejection time after failed connections", time);
            return this;
        }

        /** Sets the largest share of the endpoints in percent, 0 to 100, that failures take out, rounded down but at least one endpoint; 0 takes out none. Default: 10. */
        public Builder maxPercent(int percent) {
            this.maxPercent = count("largest ejected share in percent", percent, MAX_PERCENT);
            return this;
        }

        /**
         * Sets by how much an ejection is lengthened at random, at most a day, so that endpoints and clients do not march in step. An ejection for failed
         * connections is lengthened by at most a fifth. Default: 3 seconds.
         */
        public Builder jitter(Duration jitter) {
            if (requireNonNull(jitter, "jitter").isNegative() || jitter.compareTo(MAX_DURATION) > 0) {
                throw new IllegalArgumentException("ejection jitter was " + jitter + ", expected PT0S to PT24H");
            }
            this.jitter = jitter;
            return this;
        }

        /** Sets what success rates are compared by; null for no comparison. Default: null. */
        public Builder successRate(@Nullable SuccessRateEjection ejection) {
            this.successRate = ejection;
            return this;
        }

        /** Sets which share of failures ejects; null for none. Default: null. */
        public Builder failurePercentage(@Nullable FailurePercentageEjection ejection) {
            this.failurePercentage = ejection;
            return this;
        }

        /** Sets by how much slower answers than those of the others eject; null for no comparison. Default: null. */
        public Builder latency(@Nullable LatencyEjection ejection) {
            this.latency = ejection;
            return this;
        }

        /**
         * Builds the policy.
         *
         * @throws IllegalArgumentException if a base time is longer than its largest time
         */
        public OutlierEjection build() {
            ordered("base ejection time", baseTime, maxTime);
            ordered("base ejection time after failed connections", connectBaseTime, connectMaxTime);
            OutlierSweep.Comparisons comparisons =
                    new OutlierSweep.Comparisons(successRate, failurePercentage, latency);
            Limits limits = new Limits(
                    consecutiveFailures,
                    connectFailures,
                    errorResponses,
                    timeouts,
                    interval.toNanos(),
                    baseTime.toNanos(),
                    maxTime.toNanos(),
                    connectBaseTime.toNanos(),
                    connectMaxTime.toNanos(),
                    maxPercent,
                    jitter.toNanos(),
                    comparisons.counts(),
                    comparisons.times());
            return new OutlierEjection(limits, comparisons);
        }

        private static int count(String what, int value, int max) {
            if (value < 0 || value > max) {
                throw new IllegalArgumentException(what + " was " + value + ", expected 0 to " + max);
            }
            return value;
        }

        private static Duration positive(String what, Duration value) {
            if (requireNonNull(value, what).isNegative() || value.isZero() || value.compareTo(MAX_DURATION) > 0) {
                throw new IllegalArgumentException(what + " was " + value + ", expected more than 0 and at most PT24H");
            }
            return value;
        }

        private static void ordered(String what, Duration base, Duration max) {
            if (base.compareTo(max) > 0) {
                throw new IllegalArgumentException(
                        what + " was " + base + ", expected at most the largest time of " + max);
            }
        }
    }
}
