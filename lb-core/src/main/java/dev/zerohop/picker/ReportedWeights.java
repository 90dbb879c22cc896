package dev.zerohop.picker;

import static java.util.Objects.requireNonNull;

import dev.zerohop.LoadReport;
import dev.zerohop.Options;
import dev.zerohop.internal.OptionsText;
import dev.zerohop.internal.Scalars;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How {@link Pickers#weightedRoundRobin(ReportedWeights)} makes weights of what endpoints report of their load, by gRFC A58. Immutable; values that compare equal behave the same.
 */
public final class ReportedWeights {
    /** A blackout of 10 s, an expiration of 3 min, an update every second, an error penalty of 1, no names of metrics: the defaults of gRFC A58. */
    public static final ReportedWeights DEFAULTS = builder().build();

    static final List<String> OPTIONS = List.of(
            "blackoutPeriod",
            "weightExpirationPeriod",
            "weightUpdatePeriod",
            "errorUtilizationPenalty",
            "metricNamesForComputingUtilization");

    private static final Duration LONGEST = Duration.ofHours(1);
    private static final Duration SHORTEST_UPDATE = Duration.ofMillis(100);
    private static final double MOST_PENALTY = 1_000;

    final Duration blackout;
    final Duration expiration;
    final Duration update;
    final double errorPenalty;
    final List<String> utilization;

    private ReportedWeights(Builder builder) {
        this.blackout = builder.blackout;
        this.expiration = builder.expiration;
        this.update = builder.update;
        this.errorPenalty = builder.errorPenalty;
        this.utilization = List.copyOf(builder.utilization);
    }

    /** Begins with the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    static ReportedWeights read(Options options) {
        Builder builder = builder();
        return builder.blackoutPeriod(options.duration("blackoutPeriod", builder.blackout, Duration.ZERO, LONGEST))
                .weightExpirationPeriod(
                        options.duration("weightExpirationPeriod", builder.expiration, SHORTEST_UPDATE, LONGEST))
                .weightUpdatePeriod(options.duration("weightUpdatePeriod", builder.update, SHORTEST_UPDATE, LONGEST))
                .errorUtilizationPenalty(
                        options.number("errorUtilizationPenalty", builder.errorPenalty, 0, MOST_PENALTY))
                .metricNamesForComputingUtilization(
                        LoadReport.metricNames(options, "metricNamesForComputingUtilization"))
                .build();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ReportedWeights weights
                && blackout.equals(weights.blackout)
                && expiration.equals(weights.expiration)
                && update.equals(weights.update)
                && errorPenalty == weights.errorPenalty
                && utilization.equals(weights.utilization);
    }

    @Override
    public int hashCode() {
        return Objects.hash(blackout, expiration, update, errorPenalty, utilization);
    }

    @Override
    public String toString() {
        return new OptionsText("reportedLoad")
                .with("blackoutPeriod", blackout)
                .with("weightExpirationPeriod", expiration)
                .with("weightUpdatePeriod", update)
                .with("errorUtilizationPenalty", errorPenalty)
                .with("metricNamesForComputingUtilization", utilization)
                .toString();
    }

    /** Builds {@link ReportedWeights}. Not thread-safe. */
    public static final class Builder {
        private Duration blackout = Duration.ofSeconds(10);
        private Duration expiration = Duration.ofMinutes(3);
        private Duration update = Duration.ofSeconds(1);
        private double errorPenalty = 1;
        private List<String> utilization = List.of();

        private Builder() {}

        /**
         * Sets how long an endpoint must have reported before its reports count: after it became usable, and after its reports had expired. 0 to 1 hour, 10 s by default.
         *
         * @throws IllegalArgumentException if it is out of its range, as for all values here
         */
        public Builder blackoutPeriod(Duration value) {
            blackout = in("blackout period", value, Duration.ZERO);
            return this;
        }

        /** Sets how long a report counts. 100 ms to 1 hour, 3 minutes by default. */
        public Builder weightExpirationPeriod(Duration value) {
            expiration = in("weight expiration period", value, SHORTEST_UPDATE);
            return this;
        }

        /** Sets how often weights are computed. 100 ms to 1 hour, 1 s by default; each time 10 to 20 % later. */
        public Builder weightUpdatePeriod(Duration value) {
            update = in("weight update period", value, SHORTEST_UPDATE);
            return this;
        }

        /** Sets how much utilization an error rate of 1 counts as. 0 to 1000, 1 by default. */
        public Builder errorUtilizationPenalty(double value) {
            if (!(value >= 0) || value > MOST_PENALTY) {
                throw new IllegalArgumentException("error utilization penalty was " + value + ", expected 0 to 1000");
            }
            errorPenalty = value;
            return this;
        }

        /** Sets which numbers of a report are utilizations, of which the greatest counts, where it states no {@code application_utilization} (gRFC A114): {@link LoadReport#metric}. At most 16. */
        public Builder metricNamesForComputingUtilization(List<String> names) {
            utilization = LoadReport.metricNames(names);
            return this;
        }

        private static Duration in(String what, Duration value, Duration least) {
            if (requireNonNull(value, what).compareTo(least) < 0 || value.compareTo(LONGEST) > 0) {
                throw new IllegalArgumentException(
                        what + " was " + value + ", expected " + Scalars.expectedDuration(least, LONGEST));
            }
            return value;
        }

        /** Builds the value. */
        public ReportedWeights build() {
            return new ReportedWeights(this);
        }
    }
}
