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
import dev.zerohop.Refusal;
import dev.zerohop.Snapshot;
import dev.zerohop.load.LoadMetrics;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Takes turns by weights of which one factor is measured: what each endpoint reports of its load (gRFC A58). The turns are those of {@link SequencePicker} over candidates with the
 * product of both; they are laid out anew on the control path, once in every period at most, and only if a factor has moved.
 */
final class ReportedWeightPicker implements Picker {
    private static final int EXPLAINED = 20;

    /** The policy {@code weighted_round_robin} in configurations. */
    static final class Provider implements PolicyProvider {
        @Override
        public String name() {
            return SequencePicker.WEIGHTED_ROUND_ROBIN.name();
        }

        @Override
        public List<String> options() {
            return List.of("reportedLoad");
        }

        @Override
        public PickPolicy read(Options options) {
            return options.has("reportedLoad")
                    ? new Policy(ReportedWeights.read(
                            options.object("reportedLoad", ReportedWeights.OPTIONS.toArray(String[]::new))))
                    : SequencePicker.WEIGHTED_ROUND_ROBIN;
        }
    }

    /** See {@link Pickers#weightedRoundRobin(ReportedWeights)}. */
    record Policy(ReportedWeights reported, LoadMetric loadMetric) implements PickPolicy {
        Policy(ReportedWeights reported) {
            this(
                    reported,
                    LoadMetrics.reportedCost(
                            reported.blackout, reported.expiration, reported.errorPenalty, reported.utilization));
        }

        @Override
        public String name() {
            return SequencePicker.WEIGHTED_ROUND_ROBIN.name();
        }

        @Override
        public Picker newPicker(Snapshot first, Env env) {
            return new ReportedWeightPicker(reported.update.toNanos(), first, env);
        }

        @Override
        public String toString() {
            return name() + " by " + reported;
        }
    }

    private final long periodNanos;
    private final Snapshot snapshot;
    private final Env env;

    /** What the turns are laid out for: each candidate of the snapshot with the weight that it has by its reports. */
    private volatile Turns turns;

    @SuppressWarnings("ArrayRecordComponent")
    private record Turns(List<Candidate> weighted, int[] factors, Picker picker) {}

    private ReportedWeightPicker(long periodNanos, Snapshot first, Env env) {
        this.periodNanos = periodNanos;
        this.snapshot = first;
        this.env = env;
        int[] factors = ReportedFactors.of(first.candidates(), env.time().nanoTime());
        List<Candidate> weighted = ReportedFactors.weighted(first.candidates(), factors);
        this.turns = new Turns(weighted, factors, new SequencePicker(over(first, weighted), env, true));
    }

    private ReportedWeightPicker(ReportedWeightPicker before, Snapshot next) {
        this.periodNanos = before.periodNanos;
        this.snapshot = next;
        this.env = before.env;
        Turns old = before.turns;
        ReportedFactors.Carried carried =
                ReportedFactors.carry(before.snapshot.candidates(), old.weighted, old.factors, next.candidates());
        this.turns =
                new Turns(carried.weighted(), carried.factors(), old.picker.rebuild(over(next, carried.weighted())));
    }

    private static Snapshot over(Snapshot snapshot, List<Candidate> weighted) {
        return snapshot.with(weighted, Long.MAX_VALUE, "weights by reported load");
    }

    @Override
    public @Nullable Node pick(PickContext context) {
        return turns.picker.pick(context);
    }

    @Override
    public Refusal refusal(PickContext context) {
        return snapshot.refusal(env.time().nanoTime());
    }

    @Override
    public Picker rebuild(Snapshot next) {
        return new ReportedWeightPicker(this, next);
    }

    @Override
    public long refreshNanos() {
        return periodNanos;
    }

    @Override
    public void refresh(long nowNanos) {
        Turns old = turns;
        List<Candidate> candidates = snapshot.candidates();
        int[] factors = ReportedFactors.of(candidates, nowNanos);
        if (ReportedFactors.settle(old.factors, factors)) {
            return;
        }
        List<Candidate> weighted = ReportedFactors.weighted(candidates, factors);
        turns = new Turns(weighted, factors, old.picker.rebuild(over(snapshot, weighted)));
    }

    @Override
    public List<String> explain(PickContext context) {
        Turns now = turns;
        List<String> lines = new ArrayList<>(now.picker.explain(context));
        long nanos = env.time().nanoTime();
        List<Candidate> candidates = snapshot.candidates();
        for (int i = 0; i < Math.min(EXPLAINED, candidates.size()); i++) {
            Candidate candidate = candidates.get(i);
            double cost = candidate.node().load(nanos);
            lines.add(candidate.node().endpoint()
                    + (cost > 0
                            ? " reports " + String.format(Locale.ROOT, "%.4g", 1 / cost)
                                    + " calls/s for each utilization of 1"
                            : " has no report that counts")
                    + String.format(
                            Locale.ROOT,
                            ", weight %.4g times %.3g",
                            candidate.weight(),
                            (double) now.factors[i] / ReportedFactors.ONE));
        }
        return lines;
    }
}
