package dev.zerohop.retry;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Options;
import dev.zerohop.RetryBudget;
import dev.zerohop.RetryPolicy;
import dev.zerohop.Time;
import dev.zerohop.internal.OptionsText;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Repeats failed attempts within limits: a number per call, a share of all calls, and by default only attempts that certainly did not run.
 *
 * <p>The budget is that of Finagle ({@code com.twitter.finagle.service.RetryBudget}) on the monotonic clock of {@link Time}: each call deposits
 * {@link Builder#budgetPercent} hundredths of a retry, and deposits and withdrawals alike are forgotten {@link Builder#ttl} later. A reserve of
 * {@link Builder#minPerSecond} retries per second, as many as fall into that time, keeps quiet clients able to retry at all. With one attempt for each call
 * nothing is counted, and nothing granted.
 *
 * <p>Immutable and thread-safe; equal by value.
 */
public final class Retries implements RetryPolicy {
    private final int maxAttempts;
    private final int budgetPercent;
    private final int minPerSecond;
    private final Duration ttl;
    private final Set<String> idempotentMethods;

    private Retries(Builder builder) {
        this.maxAttempts = builder.maxAttempts;
        this.budgetPercent = builder.budgetPercent;
        this.minPerSecond = builder.minPerSecond;
        this.ttl = builder.ttl;
        this.idempotentMethods = builder.idempotentMethods;
    }

    /** Starts with the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    /** Starts with the values of this one. */
    public Builder toBuilder() {
        Builder builder = builder().maxAttempts(maxAttempts).budgetPercent(budgetPercent);
        return builder.minPerSecond(minPerSecond).ttl(ttl).idempotentMethods(idempotentMethods);
    }

    /**
     * Reads it from a field of a configuration; what is left out has its default.
     *
     * @throws IllegalArgumentException naming the path, what was found and what was expected
     */
    public static Retries read(Options parent, String field) {
        return builder()
                .read(parent.object(field, "maxAttempts", "budgetPercent", "minPerSecond", "ttl", "idempotentMethods"))
                .build();
    }

    @Override
    public int maxAttempts() {
        return maxAttempts;
    }

    @Override
    public boolean idempotent(String method) {
        return idempotentMethods.contains(method);
    }

    @Override
    public RetryBudget newBudget(Time time) {
        requireNonNull(time, "time");
        // What never repeats anything need not count calls for it.
        return maxAttempts == 1
                ? NONE.newBudget(time)
                : new WindowedBudget(budgetPercent, minPerSecond, ttl.toNanos(), time);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Retries that
                && maxAttempts == that.maxAttempts
                && budgetPercent == that.budgetPercent
                && minPerSecond == that.minPerSecond
                && ttl.equals(that.ttl)
                && idempotentMethods.equals(that.idempotentMethods);
    }

    @Override
    public int hashCode() {
        return List.of(maxAttempts, budgetPercent, minPerSecond, ttl, idempotentMethods)
                .hashCode();
    }

    @Override
    public String toString() {
        return new OptionsText("")
                .with("maxAttempts", maxAttempts)
                .with("budgetPercent", budgetPercent)
                .with("minPerSecond", minPerSecond)
                .with("ttl", ttl)
                .with("idempotentMethods", new TreeSet<>(idempotentMethods))
                .toString();
    }

    /** Builds a {@link Retries}. A setter throws {@link IllegalArgumentException} for a value out of its range. Not thread-safe. */
    public static final class Builder {
        private static final int MAX_ATTEMPTS = 10;
        private static final int MAX_PERCENT = 100;
        private static final int MAX_PER_SECOND = 1_000_000;
        private static final Pattern METHOD = Pattern.compile("[A-Z][A-Z-]*");
        private static final Duration MIN_TTL = Duration.ofSeconds(1);
        private static final Duration MAX_TTL = Duration.ofMinutes(1);

        private int maxAttempts = 3;
        private int budgetPercent = 20;
        private int minPerSecond = 10;
        private Duration ttl = Duration.ofSeconds(10);
        private Set<String> idempotentMethods = Set.of("GET", "HEAD");

        private Builder() {}

        private Builder read(Options options) {
            maxAttempts = options.integer("maxAttempts", maxAttempts, 1, MAX_ATTEMPTS);
            budgetPercent = options.integer("budgetPercent", budgetPercent, 0, MAX_PERCENT);
            minPerSecond = options.integer("minPerSecond", minPerSecond, 0, MAX_PER_SECOND);
            ttl = options.duration("ttl", ttl, MIN_TTL, MAX_TTL);
            return options.has("idempotentMethods") ? idempotentMethods(methods(options)) : this;
        }

        private static Set<String> methods(Options options) {
            List<?> list = options.list("idempotentMethods", "a list of HTTP methods, such as [\"GET\", \"PUT\"]");
            Set<String> methods = new LinkedHashSet<>();
            for (int i = 0; i < list.size(); i++) {
                if (!(list.get(i) instanceof String method)
                        || !METHOD.matcher(method).matches()) {
                    throw Options.rejected(
                            options.path("idempotentMethods") + "[" + i + "]",
                            list.get(i),
                            "an HTTP method in capitals, such as \"GET\"");
                }
                methods.add(method);
            }
            return methods;
        }

        /** Sets how many attempts one call may make, the first one included, 1 to 10; 1 repeats nothing. Default: 3. */
        public Builder maxAttempts(int attempts) {
            this.maxAttempts = between("attempts per call", attempts, 1, MAX_ATTEMPTS);
            return this;
        }

        /** Sets how many retries 100 calls pay for, 0 to 100. Default: 20. */
        public Builder budgetPercent(int percent) {
            this.budgetPercent = between("retry budget in percent", percent, 0, MAX_PERCENT);
            return this;
        }

        /** Sets how many retries per second are free, 0 to 1,000,000. Default: 10. */
        public Builder minPerSecond(int retries) {
            this.minPerSecond = between("free retries per second", retries, 0, MAX_PER_SECOND);
            return this;
        }

        /** Sets how long deposits and withdrawals count, 1 to 60 seconds. Default: 10 seconds. */
        public Builder ttl(Duration ttl) {
            if (requireNonNull(ttl, "ttl").compareTo(MIN_TTL) < 0 || ttl.compareTo(MAX_TTL) > 0) {
                throw new IllegalArgumentException(
                        "time to live of retry budget deposits was " + ttl + ", expected PT1S to PT1M");
            }
            this.ttl = ttl;
            return this;
        }

        /** Sets the HTTP methods that may be repeated although the server may have run them, case-sensitive as in HTTP. Default: GET, HEAD. */
        public Builder idempotentMethods(Collection<String> methods) {
            this.idempotentMethods = Set.copyOf(methods);
            return this;
        }

        /** Builds the policy. */
        public Retries build() {
            return new Retries(this);
        }

        private static int between(String what, int value, int min, int max) {
            if (value < min || value > max) {
                throw new IllegalArgumentException(what + " was " + value + ", expected " + min + " to " + max);
            }
            return value;
        }
    }
}
