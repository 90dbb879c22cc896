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
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Of two candidates, the one with fewer calls under way for its weight: this client's own, those of others as the endpoint reports them, and the penalty for failures. A candidate without a live report
 * counts as many calls of others for its weight as the median of those with one, so that it is neither shunned nor run down.
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

    /** The groups that candidates are compared in, and which of them each candidate is of; that only if there are several. */
    private final int[] groups;

    private final int[] groupOf;

    /** By group: calls of others, for a weight of 1, at an endpoint without a live report. */
    private volatile double[] typical;

    ReportedCallsPicker(Snapshot snapshot, Env env) {
        super(snapshot, env);
        this.time = env.time();
        this.weights = uniform ? new double[0] : weights(snapshot.candidates(), true);
        this.groups = snapshot.candidates().stream()
                .mapToInt(Candidate::group)
                .distinct()
                .sorted()
                .toArray();
        this.groupOf = groups.length < 2
                ? new int[0]
                : snapshot.candidates().stream()
                        .mapToInt(candidate -> Arrays.binarySearch(groups, candidate.group()))
                        .toArray();
        this.typical = typical(time.nanoTime());
    }

    private ReportedCallsPicker(ReportedCallsPicker before, Snapshot next, @Nullable Node[] left) {
        super(before, next, left);
        this.time = before.time;
        this.weights = before.weights;
        this.groups = before.groups;
        this.groupOf = before.groupOf;
        this.typical = before.typical;
    }

    @Override
    public @Nullable Node pick(PickContext context) {
        return pick(context, time.nanoTime());
    }

    @Override
    boolean firstWins(Node a, int first, Node b, int second, long random, long nowNanos) {
        boolean forgiving = forgives(random);
        double left = calls(a, first, nowNanos, forgiving);
        double right = calls(b, second, nowNanos, forgiving);
        return uniform ? left <= right : left * weights[second] <= right * weights[first];
    }

    private double calls(Node node, int place, long nowNanos, boolean forgiving) {
        double calls = node.load(nowNanos);
        if (node.stale(nowNanos)) {
            calls += typicalAt(place);
        }
        return forgiving ? calls : calls + node.penalty();
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

    /** The calls of others that the candidate in this place counts for without a live report. */
    private double typicalAt(int place) {
        double[] known = typical;
        double one = known.length == 0 ? 0 : known[groupOf.length == 0 ? 0 : groupOf[place]];
        return uniform ? one : one * weights[place];
    }

    /** For each group the median, which one absurd report does not move. */
    private double[] typical(long nowNanos) {
        double[] typical = new double[groups.length];
        double[] reported = new double[nodes.length];
        for (int group = 0; group < typical.length; group++) {
            int known = 0;
            for (int place = 0; place < nodes.length; place++) {
                Node node = nodes[place];
                if (node != null && (groupOf.length == 0 || groupOf[place] == group) && !node.stale(nowNanos)) {
                    double others = Math.max(0, node.load(nowNanos) - node.inFlight());
                    reported[known++] = uniform ? others : others / weights[place];
                }
            }
            Arrays.sort(reported, 0, known);
            typical[group] = known == 0 ? 0 : (reported[(known - 1) / 2] + reported[known / 2]) / 2;
        }
        return typical;
    }

    @Override
    public List<String> explain(PickContext context) {
        List<String> lines = new ArrayList<>();
        lines.add(drawn() + " and takes the one with fewer calls under way, those of other clients included"
                + (uniform ? "" : ", for its weight"));
        long now = time.nanoTime();
        for (int place = 0; place < Math.min(EXPLAINED, nodes.length); place++) {
            Node node = nodes[place];
            if (node == null) {
                continue;
            }
            lines.add(node.endpoint() + " in flight " + node.inFlight() + ", of others "
                    + (node.stale(now)
                            ? String.format(Locale.ROOT, "%.1f as the others have: no live report", typicalAt(place))
                            : String.format(Locale.ROOT, "%.1f by its report", node.load(now) - node.inFlight())));
        }
        return lines;
    }
}
