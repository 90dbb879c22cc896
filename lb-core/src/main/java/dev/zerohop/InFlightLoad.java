package dev.zerohop;

/** The load that a node's own in-flight counter already is: stateless. */
enum InFlightLoad implements LoadMetric.Load {
    INSTANCE;

    @Override
    public void started(long nowNanos) {}

    @Override
    public void ended(long nowNanos, long latencyNanos, Outcome outcome) {}

    @Override
    public double value(long nowNanos, int inFlight) {
        return inFlight;
    }
}
