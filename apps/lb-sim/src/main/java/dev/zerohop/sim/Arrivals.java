package dev.zerohop.sim;

import java.util.List;

/** When calls arrive, by the rates of a scenario: the same for the same seed. For one thread. */
final class Arrivals {
    /** After the last. */
    static final long NONE = Long.MAX_VALUE;

    private final List<Load.Phase> phases;
    private final boolean evenly;
    private final long endNanos;
    private final Stream stream;
    private int phase;
    private long lastNanos;

    Arrivals(Scenario scenario, long seed) {
        this.phases = scenario.load().phases();
        this.evenly = scenario.load().evenly();
        this.endNanos = scenario.span().durationNanos();
        this.stream = Stream.of(seed, Stream.Purpose.ARRIVALS);
    }

    /** The next one, since the run's start; {@link #NONE} once the run would be over. */
    long next() {
        while (true) {
            double perSecond = phases.get(phase).perSecond();
            double gap = (evenly ? 1 : stream.exponential()) * Times.SECOND / perSecond;
            long at = lastNanos + (long) Math.min(gap, Times.HOUR * 24);
            long phaseEnd = phase + 1 < phases.size() ? phases.get(phase + 1).atNanos() : Long.MAX_VALUE;
            if (at < phaseEnd) {
                lastNanos = at;
                return at < endNanos ? at : NONE;
            }
            // Poisson arrivals have no memory: the next phase begins anew.
            lastNanos = phaseEnd;
            phase++;
        }
    }
}
