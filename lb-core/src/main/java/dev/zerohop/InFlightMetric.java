package dev.zerohop;

/** {@link LoadMetric#IN_FLIGHT}. A balancer's node counts and penalises by itself and makes no state of it. */
final class InFlightMetric implements LoadMetric, LoadMetric.Load {

    @Override
    public String name() {
        return "in_flight";
    }

    @Override
    public Load newLoad() {
        return this;
    }

    @Override
    public boolean timed() {
        return false;
    }

    @Override
    public void started(long nowNanos) {}

    @Override
    public void ended(long nowNanos, long latencyNanos, Outcome outcome, boolean answered) {}

    @Override
    public double value(long nowNanos, int inFlight) {
        return inFlight;
    }

    @Override
    public String toString() {
        return name();
    }
}
