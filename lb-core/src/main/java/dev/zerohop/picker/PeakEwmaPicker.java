package dev.zerohop.picker;

import dev.zerohop.Candidate;
import dev.zerohop.Env;
import dev.zerohop.LoadMetric;
import dev.zerohop.Node;
import dev.zerohop.Options;
import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.PolicyProvider;
import dev.zerohop.Snapshot;
import dev.zerohop.Time;
import dev.zerohop.load.LoadMetrics;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Of two candidates, the one that promises the shorter wait; on a tie the first drawn. */
final class PeakEwmaPicker extends TwoChoicePicker {
    private static final int EXPLAINED = 20;

    /** One comparison in this many takes the worse of the two if that has not been tried for so long that what is known of it is stale. */
    private static final int LOOK_ONE_IN = 16;

    /** The policy {@code peak_ewma} in configurations. */
    static final class Provider implements PolicyProvider {
        @Override
        public String name() {
            return "peak_ewma";
        }

        @Override
        public List<String> options() {
            return List.of("decay", "errorPenalty");
        }

        @Override
        public PickPolicy read(Options options) {
            return new Policy(LoadMetrics.peakEwma(options));
        }
    }

    /** See {@link Pickers#peakEwma(Duration, double)}. */
    record Policy(LoadMetric loadMetric) implements PickPolicy {
        @Override
        public String name() {
            return "peak_ewma";
        }

        @Override
        public Picker newPicker(Snapshot first, Env env) {
            return new PeakEwmaPicker(first, env);
        }

        @Override
        public String toString() {
            return loadMetric.toString();
        }
    }

    private final Time time;

    PeakEwmaPicker(Snapshot snapshot, Env env) {
        super(snapshot, env);
        this.time = env.time();
    }

    private PeakEwmaPicker(PeakEwmaPicker before, Snapshot next, @Nullable Node[] left) {
        super(before, next, left);
        this.time = before.time;
    }

    @Override
    public @Nullable Node pick(PickContext context) {
        return pick(context, time.nanoTime());
    }

    @Override
    boolean firstWins(Node a, int first, Node b, int second, long random, long nowNanos) {
        boolean firstWins = a.load(nowNanos) <= b.load(nowNanos);
        // The lowest bits of the first half hardly influence what is drawn.
        if (((random >>> 32) & (LOOK_ONE_IN - 1)) != 0) {
            return firstWins;
        }
        return (firstWins ? b : a).stale(nowNanos) != firstWins;
    }

    @Override
    public Picker rebuild(Snapshot next) {
        @Nullable Node[] left = left(next);
        return left == null ? new PeakEwmaPicker(next, env) : new PeakEwmaPicker(this, next, left);
    }

    @Override
    public List<String> explain(PickContext context) {
        List<String> lines = new ArrayList<>();
        lines.add(drawn() + " and takes the one of lower load");
        long now = time.nanoTime();
        List<Candidate> candidates = snapshot.candidates();
        for (Candidate candidate : candidates.subList(0, Math.min(EXPLAINED, candidates.size()))) {
            Node node = candidate.node();
            lines.add(node.endpoint() + " load " + Math.round(node.load(now)) + " ns, in flight " + node.inFlight());
        }
        return lines;
    }
}
