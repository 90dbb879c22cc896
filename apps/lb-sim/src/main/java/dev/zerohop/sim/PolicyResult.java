package dev.zerohop.sim;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/** What a scenario gave under one policy, over all seeds. Counted are the calls that begin from {@code measureFrom} on. Not changed once it is given out. */
public final class PolicyResult {
    private final Scenario scenario;
    private final String policy;
    private final List<Long> seeds;
    private final List<RunResult> runs;
    private final Timeline timeline;

    PolicyResult(Scenario scenario, String policy, List<Long> seeds, List<RunResult> runs) {
        this.scenario = scenario;
        this.policy = policy;
        this.seeds = List.copyOf(seeds);
        this.runs = List.copyOf(runs);
        this.timeline = new Timeline(scenario.span().durationNanos());
        runs.forEach(run -> timeline.add(run.course().timeline()));
    }

    /** The policy as it was asked for. */
    public String policy() {
        return policy;
    }

    /** The seeds, one for each run. */
    public List<Long> seeds() {
        return seeds;
    }

    /** How many calls were counted. */
    public long calls() {
        return runs.stream().mapToLong(run -> run.ends().calls()).sum();
    }

    /** How many of them were answered well. */
    public long ok() {
        return runs.stream().mapToLong(run -> run.ends().ok()).sum();
    }

    /** How many were not. */
    public long errors() {
        return calls() - ok();
    }

    /** Those by their {@link dev.zerohop.Outcome}; {@code REFUSED} are calls for which there was no endpoint. */
    public Map<String, Long> failures() {
        Map<String, Long> failures = new TreeMap<>();
        for (RunResult run : runs) {
            run.ends().failures().forEach((outcome, count) -> failures.merge(outcome, count, Long::sum));
        }
        return failures;
    }

    /** The latency in milliseconds that this share of the calls did not exceed: of calls that were answered well, and of those out of time, which count with the whole of it. NaN if a seed had neither. */
    public Estimate latencyMillis(double share) {
        return over(run -> run.latency().quantile(share) / 1e6);
    }

    /** Its mean. */
    public Estimate meanLatencyMillis() {
        return over(run -> run.latency().mean() / 1e6);
    }

    /** Calls answered well, in a second. */
    public Estimate goodput() {
        return over(this::goodput);
    }

    private double goodput(RunResult run) {
        double seconds = (scenario.span().durationNanos() - scenario.span().measureFromNanos()) / 1e9;
        return run.ends().ok() / seconds;
    }

    /** The 99th percentile, over servers and time, of how many calls a server has. */
    public Estimate inFlightP99() {
        return over(run -> run.inFlight().quantile(0.99));
    }

    /** The attempts of the server that got most, by the mean of all. */
    public Estimate maxOverMean() {
        return over(run -> {
            double mean = mean(run);
            double max = run.shares().picks().values().stream()
                    .mapToLong(picks -> picks)
                    .max()
                    .orElse(0);
            return mean == 0 ? 0 : max / mean;
        });
    }

    /** The standard deviation of the attempts by server, by their mean. */
    public Estimate variation() {
        return over(run -> {
            double mean = mean(run);
            double squares = run.shares().picks().values().stream()
                    .mapToDouble(picks -> (picks - mean) * (picks - mean))
                    .sum();
            return mean == 0
                    ? 0
                    : StrictMath.sqrt(squares / run.shares().picks().size()) / mean;
        });
    }

    private static double mean(RunResult run) {
        return run.shares().picks().values().stream()
                .mapToLong(picks -> picks)
                .average()
                .orElse(0);
    }

    /** Attempts after the first of a call. */
    public long retries() {
        return runs.stream().mapToLong(run -> run.costs().retries()).sum();
    }

    /** Pairs of client and server that ever met, in one run. */
    public Estimate connections() {
        return over(run -> run.costs().connections());
    }

    /** Keys whose first attempt went to another server than the call before, in one run. */
    public Estimate keysMoved() {
        return over(run -> run.costs().keysMoved());
    }

    /** The part of the attempts that each server got, as a fraction of 1. */
    public Map<String, Double> share() {
        Map<String, Double> shares = new LinkedHashMap<>();
        double all = 0;
        for (RunResult run : runs) {
            for (Map.Entry<String, Long> picks : run.shares().picks().entrySet()) {
                shares.merge(picks.getKey(), (double) picks.getValue(), Double::sum);
                all += picks.getValue();
            }
        }
        double sum = Math.max(1, all);
        shares.replaceAll((id, picks) -> picks / sum);
        return shares;
    }

    /** How long calls took, and how that compares with another policy. */
    public Latencies latencies() {
        return new Latencies(
                runs.stream().map(run -> Latencies.figures(run.latency())).toList());
    }

    /** By how much {@link #goodput} is above that of another policy with the same seeds. */
    public Difference goodputAbove(PolicyResult other) {
        List<Double> differences = new ArrayList<>();
        for (int i = 0; i < runs.size(); i++) {
            differences.add(goodput(runs.get(i)) - other.goodput(other.runs.get(i)));
        }
        return Difference.of(differences);
    }

    /** The phases of the arrivals that lie in what is counted, in their order; none if the arrivals have one phase only. */
    public List<PhaseResult> phases() {
        List<PhaseResult> all = new ArrayList<>();
        List<Load.Phase> phases = scenario.load().phases();
        for (int i = 0; phases.size() > 1 && i < phases.size(); i++) {
            if (i + 1 < phases.size()
                    && phases.get(i + 1).atNanos() <= scenario.span().measureFromNanos()) {
                continue;
            }
            int number = i;
            List<PhaseCounts.Counted> counted =
                    runs.stream().map(run -> run.course().phases().get(number)).toList();
            long calls = counted.stream().mapToLong(PhaseCounts.Counted::calls).sum();
            long ok = counted.stream().mapToLong(PhaseCounts.Counted::ok).sum();
            all.add(new PhaseResult(
                    phases.get(i).atNanos() / 1e9,
                    phases.get(i).perSecond(),
                    calls,
                    calls - ok,
                    new Latencies(
                            counted.stream().map(PhaseCounts.Counted::millis).toList())));
        }
        return all;
    }

    /** How long servers that came, or whose fault ended, took to their share of the calls, in the order in which that happened. */
    public List<FairShare> fairShares() {
        List<FairShare> all = new ArrayList<>();
        List<FairShares.Newcomer> first = runs.get(0).course().newcomers();
        for (int i = 0; i < first.size(); i++) {
            int place = i;
            double[] took = runs.stream()
                    .mapToLong(run -> run.course().newcomers().get(place).tookNanos())
                    .filter(nanos -> nanos != FairShares.NEVER)
                    .mapToDouble(nanos -> nanos / 1e9)
                    .toArray();
            all.add(new FairShare(
                    first.get(i).server(),
                    first.get(i).sinceNanos() / 1e9,
                    Arrays.stream(took).average().orElse(Double.NaN),
                    runs.size() - took.length));
        }
        return all;
    }

    /** The same over time, all seeds together. */
    public Timeline timeline() {
        return timeline;
    }

    /** The result of each seed by itself. */
    List<PolicyResult> bySeed() {
        List<PolicyResult> each = new ArrayList<>();
        for (int i = 0; i < runs.size(); i++) {
            each.add(new PolicyResult(scenario, policy, List.of(seeds.get(i)), List.of(runs.get(i))));
        }
        return each;
    }

    private Estimate over(ToDoubleFunction<RunResult> figure) {
        return Estimate.of(runs.stream().map(figure::applyAsDouble).toList());
    }
}
