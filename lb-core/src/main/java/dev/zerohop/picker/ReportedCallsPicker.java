package dev.zerohop.picker;

import dev.zerohop.Candidate;
import dev.zerohop.Env;
import dev.zerohop.LoadMetric;
import dev.zerohop.LoadReport;
import dev.zerohop.Node;
import dev.zerohop.Options;
import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.PolicyProvider;
import dev.zerohop.Snapshot;
import dev.zerohop.Time;
import dev.zerohop.load.LoadMetrics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Of two candidates, the one with fewer calls under way for its weight: this client's own, those of others as the endpoint reports them, and the penalty for failures. A candidate without a live report
 * counts as many calls of others as those with one do on average, so that it is neither shunned nor run down.
 */
final class ReportedCallsPicker extends TwoChoicePicker {
    private static final String METRIC = "named_metrics.requests_in_flight";
    private static final Duration EXPIRATION = Duration.ofSeconds(10);
    private static final Duration LEAST_EXPIRATION = Duration.ofMillis(100);
    private static final Duration MOST_EXPIRATION = Duration.ofHours(1);
    private static final double MOST_CALLS = 1_000_000;
    private static final double LEAST_CALLS = 1e-6;

    /** How often the average is taken. */
    private static final long PERIOD_NANOS = Duration.ofMillis(500).toNanos();

    private static final int PENALTY_FREE_ONE_IN = 16;
    private static final int EXPLAINED = 20;

    /** The policy {@code least_request} in configurations. */
    static final class Provider implements PolicyProvider {
        @Override
        public String name() {
            return LeastRequestPicker.LEAST_REQUEST.name();
        }

        @Override
        public List<String> options() {
            return List.of("reportedLoad");
        }

        @Override
        public PickPolicy read(Options options) {
            if (!options.has("reportedLoad")) {
                return LeastRequestPicker.LEAST_REQUEST;
            }
            Options reported = options.object("reportedLoad", "metric", "callsPerUnit", "expirationPeriod");
            return new Policy(LoadMetrics.reportedCalls(
                    metric(reported),
                    reported.number("callsPerUnit", 1, LEAST_CALLS, MOST_CALLS),
                    reported.duration("expirationPeriod", EXPIRATION, LEAST_EXPIRATION, MOST_EXPIRATION)));
        }

        private static String metric(Options reported) {
            String expected = "the name of a number of a load report, such as " + METRIC;
            String name = reported.has("metric") ? reported.string("metric", expected) : METRIC;
            if (!LoadReport.isMetric(name)) {
                throw reported.rejected("metric", expected);
            }
            return name;
        }
    }

    /** See {@link Pickers#leastRequestByReports(String, double, Duration)}. */
    record Policy(LoadMetric loadMetric) implements PickPolicy {
        static final Policy DEFAULT = new Policy(LoadMetrics.reportedCalls(METRIC, 1, EXPIRATION));

        @Override
        public String name() {
            return LeastRequestPicker.LEAST_REQUEST.name();
        }

        @Override
        public Picker newPicker(Snapshot first, Env env) {
            return new ReportedCallsPicker(first, env);
        }

        @Override
        public String toString() {
            return name() + " by " + loadMetric;
        }
    }

    private final Time time;

    /** Empty if all are equal. */
    private final double[] weights;

    /** Calls of others at an endpoint without a live report. */
    private volatile double typical;

    ReportedCallsPicker(Snapshot snapshot, Env env) {
        super(snapshot, env);
        this.time = env.time();
        this.weights = uniform ? new double[0] : weights(snapshot.candidates(), true);
        this.typical = typical(time.nanoTime());
    }

    private ReportedCallsPicker(ReportedCallsPicker before, Snapshot next, @Nullable Node[] left) {
        super(before, next, left);
        this.time = before.time;
        this.weights = before.weights;
        this.typical = before.typical;
    }

    @Override
    public @Nullable Node pick(PickContext context) {
        return pick(context, time.nanoTime());
    }

    @Override
    boolean firstWins(Node a, int first, Node b, int second, long random, long nowNanos) {
        boolean forgiving = ((random >>> 32) & (PENALTY_FREE_ONE_IN - 1)) == 0;
        double left = calls(a, nowNanos, forgiving);
        double right = calls(b, nowNanos, forgiving);
        return uniform ? left <= right : left * weights[second] <= right * weights[first];
    }

    private double calls(Node node, long nowNanos, boolean forgiving) {
        double calls = node.load(nowNanos);
        if (node.stale(nowNanos)) {
            calls += typical;
        }
        return forgiving ? calls : calls + node.pressure() - node.inFlight();
    }

    @Override
    public Picker rebuild(Snapshot next) {
        @Nullable Node[] left = left(next);
        return left == null ? new ReportedCallsPicker(next, env) : new ReportedCallsPicker(this, next, left);
    }

    @Override
    public long refreshNanos() {
        return PERIOD_NANOS;
    }

    @Override
    public void refresh(long nowNanos) {
        typical = typical(nowNanos);
    }

    private double typical(long nowNanos) {
        double sum = 0;
        int known = 0;
        for (Candidate candidate : snapshot.candidates()) {
            Node node = candidate.node();
            if (!node.stale(nowNanos)) {
                sum += Math.max(0, node.load(nowNanos) - node.inFlight());
                known++;
            }
        }
        return known == 0 ? 0 : sum / known;
    }

    @Override
    public List<String> explain(PickContext context) {
        List<String> lines = new ArrayList<>();
        lines.add(drawn() + " and takes the one with fewer calls under way, those of other clients included"
                + (uniform ? "" : ", for its weight"));
        long now = time.nanoTime();
        List<Candidate> candidates = snapshot.candidates();
        for (Candidate candidate : candidates.subList(0, Math.min(EXPLAINED, candidates.size()))) {
            Node node = candidate.node();
            lines.add(node.endpoint() + " in flight " + node.inFlight() + ", of others "
                    + (node.stale(now)
                            ? String.format(Locale.ROOT, "%.1f by the average: no live report", typical)
                            : String.format(Locale.ROOT, "%.1f by its report", node.load(now) - node.inFlight())));
        }
        return lines;
    }
}
