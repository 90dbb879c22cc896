package dev.zerohop.picker;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Options;
import dev.zerohop.internal.OptionsText;
import dev.zerohop.internal.Scalars;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How {@link Pickers#prequal(Prequal)} probes endpoints for their load and chooses by what they report, after Wydrowski et al., "Load is not what you should balance: Introducing Prequal" (NSDI 2024).
 * Immutable; values that compare equal behave the same.
 */
public final class Prequal {
    /** The defaults of the {@link Builder}. */
    public static final Prequal DEFAULTS = builder().build();

    static final List<String> OPTIONS = List.of(
            "probesPerCall",
            "poolSize",
            "maxAge",
            "removalsPerCall",
            "hotQuantile",
            "probeTimeout",
            "maxProbesPerSecond",
            "path");

    private static final double FEWEST_PROBES = 0.01;
    private static final double MOST_PROBES = 16;
    private static final double MOST_REMOVALS = 4;
    private static final int SMALLEST_POOL = 2;
    private static final int LARGEST_POOL = 64;
    private static final int FEWEST_PER_SECOND = 1;
    private static final int MOST_PER_SECOND = 100_000;
    private static final Duration SHORTEST_AGE = Duration.ofMillis(10);
    private static final Duration LONGEST_AGE = Duration.ofMinutes(1);
    private static final Duration SHORTEST_TIMEOUT = Duration.ofMillis(1);
    private static final Duration LONGEST_TIMEOUT = Duration.ofSeconds(10);
    private static final Pattern PATH = Pattern.compile("/[!-~]{0,1023}");
    private static final String PATH_EXPECTED = "a path such as \"/load\", in printable ASCII without spaces";

    final double probesPerCall;
    final int poolSize;
    final Duration maxAge;
    final double removalsPerCall;
    final double hotQuantile;
    final Duration probeTimeout;
    final int maxProbesPerSecond;
    final String path;

    private Prequal(Builder builder) {
        this.probesPerCall = builder.probesPerCall;
        this.poolSize = builder.poolSize;
        this.maxAge = builder.maxAge;
        this.removalsPerCall = builder.removalsPerCall;
        this.hotQuantile = builder.hotQuantile;
        this.probeTimeout = builder.probeTimeout;
        this.maxProbesPerSecond = builder.maxProbesPerSecond;
        this.path = builder.path;
    }

    /** Begins with the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    static Prequal read(Options options) {
        Builder builder = builder();
        builder.probesPerCall = options.number("probesPerCall", builder.probesPerCall, FEWEST_PROBES, MOST_PROBES);
        builder.poolSize = options.integer("poolSize", builder.poolSize, SMALLEST_POOL, LARGEST_POOL);
        builder.maxAge = options.duration("maxAge", builder.maxAge, SHORTEST_AGE, LONGEST_AGE);
        builder.removalsPerCall = options.number("removalsPerCall", builder.removalsPerCall, 0, MOST_REMOVALS);
        builder.hotQuantile = options.number("hotQuantile", builder.hotQuantile, 0, 1);
        builder.probeTimeout =
                options.duration("probeTimeout", builder.probeTimeout, SHORTEST_TIMEOUT, LONGEST_TIMEOUT);
        builder.maxProbesPerSecond =
                options.integer("maxProbesPerSecond", builder.maxProbesPerSecond, FEWEST_PER_SECOND, MOST_PER_SECOND);
        if (options.has("path")) {
            builder.path = options.string("path", PATH_EXPECTED);
            if (!PATH.matcher(builder.path).matches()) {
                throw options.rejected("path", PATH_EXPECTED);
            }
        }
        if (builder.removesTooMany()) {
            throw options.has("removalsPerCall")
                    ? options.rejected("removalsPerCall", builder.fewerRemovals())
                    : options.rejected(
                            "probesPerCall", "more than removalsPerCall, which is " + builder.removalsPerCall);
        }
        if (builder.waitsTooLong()) {
            throw options.has("probeTimeout")
                    ? options.rejected("probeTimeout", builder.shorterTimeout())
                    : options.rejected(
                            "maxAge", "at least probeTimeout, which is " + Options.text(builder.probeTimeout));
        }
        return builder.build();
    }

    /**
     * For how many calls one result serves before it is dropped: {@code max(1, (1 + 1) / ((1 - m/n) * probes - removals))}, the paper's formula with delta 1, for a pool of m and n endpoints. Infinite where
     * probes do not outrun removals, as with few endpoints: then only its age ends it.
     */
    static double reuse(int poolSize, int endpoints, double probesPerCall, double removalsPerCall) {
        double left = (1 - (double) poolSize / endpoints) * probesPerCall - removalsPerCall;
        return left <= 0 ? Double.POSITIVE_INFINITY : Math.max(1, 2 / left);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Prequal that
                && probesPerCall == that.probesPerCall
                && poolSize == that.poolSize
                && maxAge.equals(that.maxAge)
                && removalsPerCall == that.removalsPerCall
                && hotQuantile == that.hotQuantile
                && probeTimeout.equals(that.probeTimeout)
                && maxProbesPerSecond == that.maxProbesPerSecond
                && path.equals(that.path);
    }

    @Override
    public int hashCode() {
        return Objects.hash(
                probesPerCall, poolSize, maxAge, removalsPerCall, hotQuantile, probeTimeout, maxProbesPerSecond, path);
    }

    @Override
    public String toString() {
        return new OptionsText("prequal")
                .with("probesPerCall", probesPerCall)
                .with("poolSize", poolSize)
                .with("maxAge", maxAge)
                .with("removalsPerCall", removalsPerCall)
                .with("hotQuantile", hotQuantile)
                .with("probeTimeout", probeTimeout)
                .with("maxProbesPerSecond", maxProbesPerSecond)
                .with("path", path)
                .toString();
    }

    /** Builds {@link Prequal}. Not thread-safe. */
    public static final class Builder {
        private double probesPerCall = 3;
        private int poolSize = 16;
        private Duration maxAge = Duration.ofSeconds(1);
        private double removalsPerCall = 0.5;
        private double hotQuantile = 0.5;
        private Duration probeTimeout = Duration.ofMillis(100);
        private int maxProbesPerSecond = 1_000;
        private String path = "/load";

        private Builder() {}

        /**
         * Sets how many probes a call causes, on average. 0.01 to 16, 3 by default.
         *
         * @throws IllegalArgumentException if it is out of its range, as for all values here
         */
        public Builder probesPerCall(double value) {
            probesPerCall = in("probes per call", value, FEWEST_PROBES, MOST_PROBES);
            return this;
        }

        /** Sets how many results are kept, one of an endpoint at the most. 2 to 64, 16 by default. */
        public Builder poolSize(int value) {
            poolSize = (int) in("pool size", value, SMALLEST_POOL, LARGEST_POOL);
            return this;
        }

        /** Sets how long a result counts, from the instant at which its probe left. 10 ms to 1 minute, 1 s by default. */
        public Builder maxAge(Duration value) {
            maxAge = in("age limit", value, SHORTEST_AGE, LONGEST_AGE);
            return this;
        }

        /** Sets how many results a call removes besides, the oldest and the worst in turn: else those that no call takes would stay. 0 to 4, fewer than the probes, 0.5 by default. */
        public Builder removalsPerCall(double value) {
            removalsPerCall = in("removals per call", value, 0, MOST_REMOVALS);
            return this;
        }

        /**
         * Sets which quantile of the calls under way that endpoints reported lately divides the hot from the cold. With 0 only the calls under way count, and with 1 nearly always only the
         * latency. 0 to 1, 0.5 by default.
         */
        public Builder hotQuantile(double value) {
            hotQuantile = in("hot quantile", value, 0, 1);
            return this;
        }

        /** Sets after what time a probe has failed. 1 ms to 10 s and at most the age limit, 100 ms by default. */
        public Builder probeTimeout(Duration value) {
            probeTimeout = in("probe timeout", value, SHORTEST_TIMEOUT, LONGEST_TIMEOUT);
            return this;
        }

        /** Sets how many probes this client sends in a second at the most; beyond that results serve more calls. 1 to 100,000, 1,000 by default. */
        public Builder maxProbesPerSecond(int value) {
            maxProbesPerSecond = (int) in("most probes per second", value, FEWEST_PER_SECOND, MOST_PER_SECOND);
            return this;
        }

        /** Sets the path of a probe over HTTP, {@code /load} by default; gRPC does not use it. */
        public Builder path(String value) {
            if (!PATH.matcher(requireNonNull(value, "path")).matches()) {
                throw new IllegalArgumentException("path was '" + value + "', expected " + PATH_EXPECTED);
            }
            path = value;
            return this;
        }

        private static double in(String what, double value, double least, double most) {
            if (!(value >= least && value <= most)) {
                throw new IllegalArgumentException(
                        what + " was " + value + ", expected a number from " + least + " to " + most);
            }
            return value;
        }

        private static Duration in(String what, Duration value, Duration least, Duration most) {
            if (requireNonNull(value, what).compareTo(least) < 0 || value.compareTo(most) > 0) {
                throw new IllegalArgumentException(
                        what + " was " + value + ", expected " + Scalars.expectedDuration(least, most));
            }
            return value;
        }

        private boolean removesTooMany() {
            return removalsPerCall > 0 && removalsPerCall >= probesPerCall;
        }

        private String fewerRemovals() {
            return "fewer than probesPerCall, which is " + probesPerCall;
        }

        private boolean waitsTooLong() {
            return probeTimeout.compareTo(maxAge) > 0;
        }

        private String shorterTimeout() {
            return "at most maxAge, which is " + Options.text(maxAge);
        }

        /**
         * Builds the value.
         *
         * @throws IllegalArgumentException if a call removes no fewer results than it causes probes, or a probe may take longer than its result counts
         */
        public Prequal build() {
            if (removesTooMany()) {
                throw new IllegalArgumentException(
                        "removals per call were " + removalsPerCall + ", expected " + fewerRemovals());
            }
            if (waitsTooLong()) {
                throw new IllegalArgumentException(
                        "probe timeout was " + probeTimeout + ", expected " + shorterTimeout());
            }
            return new Prequal(this);
        }
    }
}
