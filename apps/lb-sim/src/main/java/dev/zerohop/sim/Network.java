package dev.zerohop.sim;

import dev.zerohop.Options;
import org.jspecify.annotations.Nullable;

/**
 * How long what is sent is under way.
 *
 * @param latencyNanos one way
 * @param jitterNanos the mean of what is added by chance, exponentially distributed
 * @param betweenZonesNanos one way, added between two zones
 * @param connectNanos what the first call of a client to a server waits besides
 */
record Network(long latencyNanos, long jitterNanos, long betweenZonesNanos, long connectNanos) {
    static final String[] FIELDS = {"latency", "jitter", "betweenZones", "connect"};

    static Network read(Options options) {
        return new Network(
                Times.read(options, "latency", 0, 0, Times.HOUR),
                Times.read(options, "jitter", 0, 0, Times.HOUR),
                Times.read(options, "betweenZones", 0, 0, Times.HOUR),
                Times.read(options, "connect", 0, 0, Times.HOUR));
    }

    /**
     * The time of one way.
     *
     * @param chance decides on the jitter, in [0, 1)
     */
    long next(double chance, @Nullable String from, @Nullable String to) {
        long nanos = latencyNanos;
        if (jitterNanos > 0) {
            nanos += (long) (jitterNanos * -StrictMath.log(1 - chance));
        }
        return from != null && to != null && !from.equals(to) ? nanos + betweenZonesNanos : nanos;
    }
}
