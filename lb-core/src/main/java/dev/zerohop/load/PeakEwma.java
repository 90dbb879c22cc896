package dev.zerohop.load;

import dev.zerohop.LoadMetric;
import dev.zerohop.internal.OptionsText;
import java.time.Duration;

/** See {@link LoadMetrics#peakEwma(Duration, double)}. */
record PeakEwma(Duration decay, double errorPenalty) implements LoadMetric {
    static final Duration MIN_DECAY = Duration.ofMillis(1);
    static final Duration MAX_DECAY = Duration.ofHours(1);
    static final double MAX_PENALTY = 1_000;

    PeakEwma {
        if (decay.compareTo(MIN_DECAY) < 0 || decay.compareTo(MAX_DECAY) > 0) {
            throw new IllegalArgumentException("decay was " + decay + ", expected 1 ms to 1 h");
        }
        if (!(errorPenalty >= 1) || errorPenalty > MAX_PENALTY) {
            throw new IllegalArgumentException("error penalty was " + errorPenalty + ", expected 1 to 1000");
        }
    }

    @Override
    public String name() {
        return "peak_ewma";
    }

    @Override
    public boolean timed() {
        return true;
    }

    @Override
    public Load newLoad() {
        return new PeakEwmaState(decay.toNanos(), errorPenalty);
    }

    @Override
    public String toString() {
        return new OptionsText(name())
                .with("decay", decay)
                .with("errorPenalty", errorPenalty)
                .toString();
    }
}
