package dev.zerohop.picker;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Candidate;
import dev.zerohop.Env;
import dev.zerohop.Health;
import dev.zerohop.Node;
import dev.zerohop.Options;
import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.PolicyProvider;
import dev.zerohop.Snapshot;
import dev.zerohop.Time;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** See {@link Pickers#prequal(Prequal)}. All versions share what probes found. */
final class PrequalPicker extends TwoChoicePicker {
    private static final int FEWEST_RESULTS = 2;

    /** Of how many equally likely numbers one is drawn where something is done with a probability. */
    private static final int CHANCE = 1 << 16;

    private static final int NOWHERE = -1;

    /** The policy {@code prequal} in configurations. */
    static final class Provider implements PolicyProvider {
        @Override
        public String name() {
            return Policy.NAME;
        }

        @Override
        public List<String> options() {
            return Prequal.OPTIONS;
        }

        @Override
        public PickPolicy read(Options options) {
            return new Policy(Prequal.read(options));
        }
    }

    /** See {@link Pickers#prequal(Prequal)}. */
    record Policy(Prequal settings) implements PickPolicy {
        private static final String NAME = "prequal";

        Policy {
            requireNonNull(settings, "settings");
        }

        @Override
        public String name() {
            return NAME;
        }

        @Override
        public Picker newPicker(Snapshot first, Env env) {
            PrequalProbes probes = new PrequalProbes(settings, env);
            PrequalPicker picker = new PrequalPicker(first, env, probes);
            probes.follow(picker);
            return picker;
        }

        @Override
        public String toString() {
            return settings.toString();
        }
    }

    private enum Rank {
        COLD,
        HOT,
        FAILING
    }

    private final PrequalProbes probes;
    private final Time time;
    private final long maxAgeNanos;

    /** Where each node that this was laid out for stands, whether or not it may be picked now. */
    private final IdentityHashMap<Node, Integer> places;

    /** By place: the weight, as a multiple of the mean weight of its group. Empty if all weights are equal. */
    private final double[] sizes;

    private PrequalPicker(Snapshot snapshot, Env env, PrequalProbes probes) {
        super(snapshot, env);
        this.probes = probes;
        this.time = env.time();
        this.maxAgeNanos = probes.settings().maxAge.toNanos();
        List<Candidate> candidates = snapshot.candidates();
        this.places = new IdentityHashMap<>(candidates.size());
        for (int place = 0; place < candidates.size(); place++) {
            places.put(candidates.get(place).node(), place);
        }
        this.sizes = uniform ? new double[0] : sizes(candidates);
    }

    private PrequalPicker(PrequalPicker before, Snapshot next, @Nullable Node[] left) {
        super(before, next, left);
        this.probes = before.probes;
        this.time = before.time;
        this.maxAgeNanos = before.maxAgeNanos;
        this.places = before.places;
        this.sizes = before.sizes;
    }

    private static double[] sizes(List<Candidate> candidates) {
        Map<Integer, double[]> sums = new HashMap<>();
        for (Candidate candidate : candidates) {
            double[] sum = sums.computeIfAbsent(candidate.group(), none -> new double[2]);
            sum[0] += candidate.weight();
            sum[1]++;
        }
        return candidates.stream()
                .mapToDouble(candidate -> {
                    double[] sum = sums.getOrDefault(candidate.group(), new double[] {1, 1});
                    return candidate.weight() / (sum[0] / sum[1]);
                })
                .toArray();
    }

    @Override
    public Picker rebuild(Snapshot next) {
        @Nullable Node[] left = left(next);
        return left == null ? new PrequalPicker(next, env, probes) : new PrequalPicker(this, next, left);
    }

    @Override
    public void inForce() {
        probes.follow(this);
    }

    @Override
    public @Nullable Node pick(PickContext context) {
        return pick(context, time.nanoTime());
    }

    @Override
    @Nullable
    Node known(PickContext context, int first, long random, long nowNanos) {
        Node chosen = chosen(context, first, random, nowNanos);
        probes.picked(nowNanos);
        return chosen;
    }

    private @Nullable Node chosen(PickContext context, int first, long random, long nowNanos) {
        Node drawn = nodes[first];
        if (drawn != null && awaitsCall(drawn) && !context.avoids(drawn.endpoint())) {
            // Results of probes may never lead to it, and only this call ends its ejection.
            return drawn;
        }
        if (probes.answers().tooFew()) {
            return null;
        }
        if (drawn != null && isTrial(drawn, random) && !context.avoids(drawn.endpoint())) {
            return drawn;
        }
        PrequalPool pool = probes.pool();
        PrequalPool.Entry best = best(pool, context, first, nowNanos);
        if (best == null) {
            return null;
        }
        best.use();
        remove(pool, first, random, nowNanos);
        return best.node;
    }

    /** Whether it is half open and the one call that decides whether it is back is still to be made. */
    private static boolean awaitsCall(Node node) {
        return node.health().status() == Health.Status.HALF_OPEN && node.pressure() == 0;
    }

    /** Whether an endpoint with failures held against it is tried all the same: with 2 / (3 · penalty) of an even share. With less, one that is well again would have few calls for a long time. */
    private static boolean isTrial(Node drawn, long random) {
        int penalty = drawn.penalty();
        // The lowest bits of the first half hardly influence what is drawn.
        return penalty > 0 && ((random >>> 32) & (CHANCE - 1)) * 3 * penalty < 2 * CHANCE;
    }

    /** The paper's choice by hot and cold, over the results from the newest to the oldest. Null if there are too few to choose from. */
    private PrequalPool.@Nullable Entry best(PrequalPool pool, PickContext context, int first, long nowNanos) {
        int known = 0;
        int usable = 0;
        PrequalPool.Entry fastest = null;
        PrequalPool.Entry emptiest = null;
        PrequalPool.Entry last = null;
        double shortest = 0;
        double fewest = 0;
        double least = 0;
        Rank lastRank = Rank.FAILING;
        boolean avoiding = context.avoidsAny();
        PrequalPool.Entry[] entries = pool.entries();
        for (int i = entries.length - 1; i >= 0; i--) {
            PrequalPool.Entry entry = entries[i];
            int place = place(entry, nowNanos);
            if (place < 0) {
                continue;
            }
            known++;
            if (!sameGroup(place, first) || (avoiding && context.avoids(entry.node.endpoint()))) {
                continue;
            }
            usable++;
            double calls = calls(entry, place);
            Rank rank = rank(entry, calls, pool);
            if (rank == Rank.COLD) {
                double latency = pool.latency(entry);
                if (fastest == null || latency < shortest) {
                    fastest = entry;
                    shortest = latency;
                }
                if (emptiest == null || calls < fewest) {
                    emptiest = entry;
                    fewest = calls;
                }
            } else {
                double load = rank == Rank.HOT ? calls : calls + entry.node.penalty();
                if (last == null || rank.compareTo(lastRank) < 0 || (rank == lastRank && load < least)) {
                    last = entry;
                    lastRank = rank;
                    least = load;
                }
            }
        }
        if (usable < FEWEST_RESULTS) {
            return null;
        }
        PrequalPool.Entry cold = pool.latencies() ? fastest : emptiest;
        if (cold == null
                && lastRank == Rank.FAILING
                && known < snapshot.candidates().size()) {
            // All results are of endpoints that fail, and there are endpoints without a result.
            return null;
        }
        return cold == null ? last : cold;
    }

    /** Removes as many results as a call has to, the oldest and the worst in turn, while more than two of the group that the call is made in are left. */
    private void remove(PrequalPool pool, int first, long random, long nowNanos) {
        double removals = pool.removals() + (random & (CHANCE - 1)) / (double) CHANCE;
        for (int i = 1; i <= removals; i++) {
            boolean worst = probes.worstNext();
            int usable = 0;
            PrequalPool.Entry removed = null;
            Rank removedRank = Rank.COLD;
            double most = 0;
            for (PrequalPool.Entry entry : pool.entries()) {
                int place = place(entry, nowNanos);
                if (place < 0 || !sameGroup(place, first)) {
                    continue;
                }
                usable++;
                double calls = calls(entry, place);
                Rank rank = rank(entry, calls, pool);
                double badness = rank == Rank.COLD && pool.latencies() ? pool.latency(entry) : calls;
                if (removed == null
                        || (worst && (rank.compareTo(removedRank) > 0 || (rank == removedRank && badness > most)))) {
                    removed = entry;
                    removedRank = rank;
                    most = badness;
                }
            }
            if (removed == null || usable <= FEWEST_RESULTS) {
                return;
            }
            removed.remove();
        }
    }

    private static Rank rank(PrequalPool.Entry entry, double calls, PrequalPool pool) {
        if (entry.node.penalty() > 0) {
            return Rank.FAILING;
        }
        return calls > pool.hotAbove() ? Rank.HOT : Rank.COLD;
    }

    private double calls(PrequalPool.Entry entry, int place) {
        return sizes.length == 0 ? entry.calls() : entry.calls() / sizes[place];
    }

    /** The place of the endpoint of a result; below 0 if the result is used up or too old, or the endpoint may not be picked in this version. */
    private int place(PrequalPool.Entry entry, long nowNanos) {
        if (entry.isOver() || nowNanos - entry.sentNanos > maxAgeNanos) {
            return NOWHERE;
        }
        int place = entry.place;
        if (place < nodes.length && nodes[place] == entry.node) {
            return place;
        }
        // This version was laid out anew since the probe was sent.
        return has(entry.node) ? placeOf(entry.node) : NOWHERE;
    }

    /** The place of a node that this was laid out for, whether or not it may be picked; below 0 for another. */
    int placeOf(Node node) {
        Integer place = places.get(node);
        return place == null ? NOWHERE : place;
    }

    /** Whether a node may be picked in this version. */
    boolean has(Node node) {
        int place = placeOf(node);
        return place >= 0 && nodes[place] == node;
    }

    /** Whether another version has the same nodes in the same places. */
    boolean isLaidOutAs(PrequalPicker other) {
        return nodes == other.nodes;
    }

    /** The weight in a place, as a multiple of the mean weight of its group. */
    double size(int place) {
        return sizes.length == 0 ? 1 : sizes[place];
    }

    @Override
    boolean firstWins(Node a, int first, Node b, int second, long random, long nowNanos) {
        boolean forgiving = forgives(random);
        int left = forgiving ? a.inFlight() : a.pressure();
        int right = forgiving ? b.inFlight() : b.pressure();
        return left * size(second) <= right * size(first);
    }

    @Override
    public List<String> explain(PickContext context) {
        List<String> lines = new ArrayList<>();
        PrequalPool pool = probes.pool();
        long now = time.nanoTime();
        String two = drawn() + " and takes the one with fewer calls under way";
        lines.add(probes.answers().tooFew() ? two : choice(pool) + "; with fewer than two results it " + two);
        lines.add(probes.state(this));
        for (PrequalPool.Entry entry : pool.entries()) {
            String text = String.format(
                    Locale.ROOT,
                    "%s in flight %.1f, latency %s, %d ms old",
                    entry.node.endpoint(),
                    entry.calls(),
                    entry.latency < 0 ? "unknown" : String.format(Locale.ROOT, "%.1f ms", entry.latency),
                    (now - entry.sentNanos) / 1_000_000);
            lines.add(text + state(entry, now));
        }
        return lines;
    }

    private static String choice(PrequalPool pool) {
        if (pool.hotAbove() < 0) {
            return "takes the one with the fewest calls under way among the results of probes";
        }
        String cold = pool == PrequalPool.EMPTY ? "few" : String.format(Locale.ROOT, "at most %.1f", pool.hotAbove());
        return "takes the one with the least latency among the results of probes with " + cold
                + " calls under way, else the one with the fewest";
    }

    private String state(PrequalPool.Entry entry, long nowNanos) {
        if (place(entry, nowNanos) < 0) {
            return entry.isOver() ? ": used up" : nodes.length == 0 ? "" : ": not used";
        }
        int penalty = entry.node.penalty();
        return penalty > 0 ? ", failures held against it " + penalty : "";
    }
}
