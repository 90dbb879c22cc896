package dev.zerohop.load;

import dev.zerohop.LoadMetric;
import dev.zerohop.LoadReport;
import dev.zerohop.Outcome;
import java.time.Duration;

/** See {@link LoadMetrics#reportedCalls}. */
record ReportedCalls(String metric, double callsPerUnit, Duration expiration) implements LoadMetric {

    /** More calls than an endpoint can have under way. */
    private static final double MOST = 1_000_000;

    ReportedCalls {
        if (!LoadReport.isMetric(metric)) {
            throw new IllegalArgumentException("metric was '" + metric + "', expected " + LoadMetrics.METRICS);
        }
        if (!(callsPerUnit > 0) || callsPerUnit == Double.POSITIVE_INFINITY) {
            throw new IllegalArgumentException("calls per unit was " + callsPerUnit + ", expected more than 0");
        }
        if (expiration.isNegative() || expiration.isZero()) {
            throw new IllegalArgumentException("expiration period was " + expiration + ", expected more than 0");
        }
    }

    @Override
    public String name() {
        return "reported_calls";
    }

    /** A pick and a report read the clock themselves: the beginnings and ends of calls need not. */
    @Override
    public boolean timed() {
        return false;
    }

    @Override
    public Load newLoad() {
        return new State(expiration.toNanos());
    }

    /** The report and its instant lie in one long, so that no reader sees one without the other. */
    private final class State implements Load {
        /** A tick is about a millisecond; 32 bits of them last 52 days. */
        private static final int TICK_SHIFT = 20;

        private final int expirationTicks;

        /** The calls of others as a float above, the tick below; 0 before the first report: its sign bit is set by every report. */
        private volatile long state;

        State(long expirationNanos) {
            this.expirationTicks = (int) Math.max(1, Math.min(Integer.MAX_VALUE, expirationNanos >> TICK_SHIFT));
        }

        @Override
        public boolean wantsReports() {
            return true;
        }

        @Override
        public void reported(long nowNanos, int inFlight, LoadReport report) {
            double value = report.metric(metric, Double.NaN);
            if (value >= 0) {
                // The server counts this client's other calls as well. The one that brings the report is counted here
                // and over there it is not.
                double calls = Math.min(MOST, value * callsPerUnit);
                float others = (float) Math.max(0, calls - Math.max(0, inFlight - 1));
                state = (long) Float.floatToRawIntBits(-others) << 32 | (nowNanos >> TICK_SHIFT & 0xFFFFFFFFL);
            }
        }

        @Override
        public void readmitted(long nowNanos) {
            state = 0;
        }

        @Override
        public boolean stale(long nowNanos, int inFlight) {
            return stale(state, nowNanos);
        }

        private boolean stale(long known, long nowNanos) {
            return known >= 0 || (int) (nowNanos >> TICK_SHIFT) - (int) known >= expirationTicks;
        }

        @Override
        public double value(long nowNanos, int inFlight) {
            long known = state;
            return inFlight + (stale(known, nowNanos) ? 0 : -Float.intBitsToFloat((int) (known >> 32)));
        }

        @Override
        public void started(long nowNanos) {}

        @Override
        public void ended(long nowNanos, long latencyNanos, Outcome outcome, boolean answered) {}
    }
}
