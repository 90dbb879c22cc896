package dev.zerohop.health;

import dev.zerohop.Options;
import dev.zerohop.internal.OptionsText;

/**
 * Ejects endpoints of which more than a stated share of the calls in one interval failed, whatever the others do.
 *
 * <p>Source: failure percentage ejection of gRFC A50 and of Envoy's outlier detection, with their names and defaults. Where A50's comment and its algorithm differ
 * (at least the threshold, or more), this is the algorithm's: more.
 *
 * @param threshold percent, 0 to 99: of an endpoint that is ejected more than these failed
 * @param minimumHosts fewer endpoints than this with enough calls are not looked at, 1 to 1,000,000
 * @param requestVolume calls in an interval that an endpoint must have had, 1 to 1,000,000
 */
public record FailurePercentageEjection(int threshold, int minimumHosts, int requestVolume) {

    /** No more than all calls can fail. */
    private static final int MAX_THRESHOLD = 99;

    /** 85 percent, 5 endpoints, 50 calls. */
    public static final FailurePercentageEjection DEFAULTS = new FailurePercentageEjection(85, 5, 50);

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException naming the value and what was expected
     */
    public FailurePercentageEjection {
        if (threshold < 0 || threshold > MAX_THRESHOLD) {
            throw new IllegalArgumentException(
                    "failure percentage threshold was " + threshold + ", expected 0 to " + MAX_THRESHOLD);
        }
        SuccessRateEjection.check("failure percentage minimum hosts", minimumHosts, 1);
        SuccessRateEjection.check("failure percentage request volume", requestVolume, 1);
    }

    static FailurePercentageEjection read(Options parent, String field) {
        Options options = parent.object(field, "threshold", "minimumHosts", "requestVolume");
        return new FailurePercentageEjection(
                options.integer("threshold", DEFAULTS.threshold, 0, MAX_THRESHOLD),
                options.integer("minimumHosts", DEFAULTS.minimumHosts, 1, SuccessRateEjection.MAX),
                options.integer("requestVolume", DEFAULTS.requestVolume, 1, SuccessRateEjection.MAX));
    }

    @Override
    public String toString() {
        return "("
                + new OptionsText("")
                        .with("threshold", threshold)
                        .with("minimumHosts", minimumHosts)
                        .with("requestVolume", requestVolume)
                + ")";
    }
}
