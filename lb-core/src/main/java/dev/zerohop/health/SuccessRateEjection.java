package dev.zerohop.health;

import dev.zerohop.Options;
import dev.zerohop.internal.OptionsText;

/**
 * Ejects endpoints whose share of successful calls is far below that of the others: below {@code mean - stdev * stdevFactor / 1000} of all endpoints with enough
 * calls in one interval. For a fault that lets most calls through, which consecutive failures do not see.
 *
 * <p>Two endpoints of five that fail everything widen the deviation so far that neither is ejected: it finds the few among the many, and stands beside
 * consecutive failures and {@link FailurePercentageEjection}, not in their place.
 *
 * <p>Source: success rate ejection of gRFC A50 and of Envoy's outlier detection, with their names and defaults. The deviation is that of the population.
 *
 * @param stdevFactor how many thousandths of a standard deviation below the mean are allowed, 0 to 1,000,000
 * @param minimumHosts fewer endpoints than this with enough calls are not compared, 1 to 1,000,000
 * @param requestVolume calls in an interval that an endpoint must have had, 1 to 1,000,000
 */
public record SuccessRateEjection(int stdevFactor, int minimumHosts, int requestVolume) {
    static final int MAX = 1_000_000;

    /** 1,900 thousandths, 5 endpoints, 100 calls. */
    public static final SuccessRateEjection DEFAULTS = new SuccessRateEjection(1_900, 5, 100);

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException naming the value and what was expected
     */
    public SuccessRateEjection {
        check("success rate stdev factor", stdevFactor, 0);
        check("success rate minimum hosts", minimumHosts, 1);
        check("success rate request volume", requestVolume, 1);
    }

    static void check(String what, int value, int min) {
        if (value < min || value > MAX) {
            throw new IllegalArgumentException(what + " was " + value + ", expected " + min + " to " + MAX);
        }
    }

    static SuccessRateEjection read(Options parent, String field) {
        Options options = parent.object(field, "stdevFactor", "minimumHosts", "requestVolume");
        return new SuccessRateEjection(
                options.integer("stdevFactor", DEFAULTS.stdevFactor, 0, MAX),
                options.integer("minimumHosts", DEFAULTS.minimumHosts, 1, MAX),
                options.integer("requestVolume", DEFAULTS.requestVolume, 1, MAX));
    }

    @Override
    public String toString() {
        return "("
                + new OptionsText("")
                        .with("stdevFactor", stdevFactor)
                        .with("minimumHosts", minimumHosts)
                        .with("requestVolume", requestVolume)
                + ")";
    }
}
