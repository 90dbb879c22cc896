package dev.zerohop.probe;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Dice;
import java.time.Duration;

/**
 * When endpoints are probed.
 *
 * @param interval the time between two probes of an endpoint, more than 0
 * @param jitterPercent by how much an interval is longer or shorter at random, 0 to 99
 * @param timeout how long a probe may take, more than 0
 * @param healthyThreshold how many probes in a row must succeed, at least 1
 * @param unhealthyThreshold how many in a row must fail, at least 1
 * @param concurrency how many probes may be under way at once, at least 1; the others wait for their turn
 */
public record ProbeTiming(
        Duration interval,
        int jitterPercent,
        Duration timeout,
        int healthyThreshold,
        int unhealthyThreshold,
        int concurrency) {

    /** Checks the values. */
    public ProbeTiming {
        positive("interval", interval);
        positive("timeout", timeout);
        within("jitterPercent", jitterPercent, 0, 99);
        within("healthyThreshold", healthyThreshold, 1, Integer.MAX_VALUE);
        within("unhealthyThreshold", unhealthyThreshold, 1, Integer.MAX_VALUE);
        within("concurrency", concurrency, 1, Integer.MAX_VALUE);
    }

    private static void positive(String name, Duration duration) {
        if (requireNonNull(duration, name).isNegative() || duration.isZero()) {
            throw new IllegalArgumentException(name + " was " + duration + ", expected more than 0");
        }
    }

    private static void within(String name, int value, int min, int max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(name + " was " + value + ", expected "
                    + (max == Integer.MAX_VALUE ? "at least " + min : min + " to " + max));
        }
    }

    /** Before the first probe: anywhere in the interval, so that clients which start together do not probe in step. */
    long firstNanos(Dice dice) {
        return (long) (interval.toNanos() * dice.nextDouble());
    }

    long nextNanos(Dice dice) {
        double share = jitterPercent / 100.0;
        return (long) (interval.toNanos() * (1 - share + 2 * share * dice.nextDouble()));
    }
}
