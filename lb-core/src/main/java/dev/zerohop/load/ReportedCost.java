package dev.zerohop.load;

import dev.zerohop.LoadMetric;
import dev.zerohop.LoadReport;
import dev.zerohop.Outcome;
import java.time.Duration;
import java.util.List;

/** See {@link LoadMetrics#reportedCost}. */
record ReportedCost(Duration blackout, Duration expiration, double errorPenalty, List<String> utilization)
        implements LoadMetric {

    ReportedCost {
        utilization = List.copyOf(utilization);
        for (String name : utilization) {
            if (!LoadReport.isMetric(name)) {
                throw new IllegalArgumentException("metric was '" + name + "', expected " + LoadMetrics.METRICS);
            }
        }
        if (blackout.isNegative()) {
            throw new IllegalArgumentException("blackout period was " + blackout + ", expected 0 or more");
        }
        if (expiration.isNegative() || expiration.isZero()) {
            throw new IllegalArgumentException("expiration period was " + expiration + ", expected more than 0");
        }
        if (!(errorPenalty >= 0) || errorPenalty == Double.POSITIVE_INFINITY) {
            throw new IllegalArgumentException("error penalty was " + errorPenalty + ", expected 0 or more");
        }
    }

    @Override
    public String name() {
        return "reported_cost";
    }

    /** A report reads the clock itself: no call does without one. */
    @Override
    public boolean timed() {
        return false;
    }

    @Override
    public Load newLoad() {
        return new State(blackout.toNanos(), expiration.toNanos());
    }

    /** What one call costs the server by this report; 0 if it does not say. */
    double cost(LoadReport report) {
        double rate = report.requestsPerSecond();
        double used = report.utilizationBy(utilization);
        if (!(rate > 0) || !(used > 0)) {
            return 0;
        }
        double cost = (used + report.errorsPerSecond() / rate * errorPenalty) / rate;
        // A weight that is no number, or so great that its reverse is none, is none.
        return Double.isFinite(cost) && 1 / cost < Double.MAX_VALUE ? cost : 0;
    }

    /** Writers race, and whichever is last is as right as the other. */
    private final class State implements Load {
        private static final long NONE = Long.MIN_VALUE;

        private final long blackoutNanos;
        private final long expirationNanos;

        private volatile double cost;
        private volatile long reportedNanos;

        /** The first report since the endpoint became usable or the reports before had expired. */
        private volatile long sinceNanos = NONE;

        State(long blackoutNanos, long expirationNanos) {
            this.blackoutNanos = blackoutNanos;
            this.expirationNanos = expirationNanos;
        }

        @Override
        public boolean wantsReports() {
            return true;
        }

        @Override
        public void reported(long nowNanos, int inFlight, LoadReport report) {
            double next = cost(report);
            if (next == 0) {
                return;
            }
            if (sinceNanos == NONE || expired(nowNanos)) {
                sinceNanos = nowNanos;
            }
            cost = next;
            reportedNanos = nowNanos;
        }

        @Override
        public void readmitted(long nowNanos) {
            sinceNanos = NONE;
        }

        @Override
        public boolean stale(long nowNanos, int inFlight) {
            return value(nowNanos, inFlight) == 0;
        }

        @Override
        public double value(long nowNanos, int inFlight) {
            long since = sinceNanos;
            return since == NONE || nowNanos - since < blackoutNanos || expired(nowNanos) ? 0 : cost;
        }

        private boolean expired(long nowNanos) {
            return nowNanos - reportedNanos >= expirationNanos;
        }

        @Override
        public void started(long nowNanos) {}

        @Override
        public void ended(long nowNanos, long latencyNanos, Outcome outcome, boolean answered) {}
    }
}
