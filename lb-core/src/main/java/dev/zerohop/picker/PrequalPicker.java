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
    private final IdentityHashMap<Node, Integer> places;

    /** The weights as shares of the mean of their group; empty if all are equal. */
    private final double[] sizes;

    /** Empty if there is one group. */
    private final int[] groupOf;

    /** How many candidates there are. */
    private final int left;

    /** Whether any may wait for the one call that finds out whether it is well again. */
    private final boolean halfOpen;

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
        boolean grouped = !uniform
                && candidates.stream().mapToInt(Candidate::group).distinct().count() > 1;
        this.groupOf = grouped ? candidates.stream().mapToInt(Candidate::group).toArray() : new int[0];
        this.left = nodes.length;
        this.halfOpen = halfOpen(snapshot);
    }

    private PrequalPicker(PrequalPicker before, Snapshot next, @Nullable Node[] left) {
        super(before, next, left);
        this.probes = before.probes;
        this.time = before.time;
        this.maxAgeNanos = before.maxAgeNanos;
        this.places = before.places;
        this.sizes = before.sizes;
        this.groupOf = before.groupOf;
        this.left = next.candidates().size();
        this.halfOpen = halfOpen(next);
    }

    private static boolean halfOpen(Snapshot snapshot) {
        return snapshot.impaired().stream().anyMatch(node -> node.health().status() == Health.Status.HALF_OPEN);
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
        if (halfOpen && drawn != null && awaitsCall(drawn) && !context.avoids(drawn.endpoint())) {
            // Results of probes may never lead there, and without a call it would not return.
            return drawn;
        }
        if (probes.answers().few()) {
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

    /** Whether it is half open and its one call is still to be made. */
    private static boolean awaitsCall(Node node) {
        return node.health().status() == Health.Status.HALF_OPEN && node.pressure() == 0;
    }

    /** Whether an endpoint with failures held against it is tried all the same: at 2 / (3 · penalty) of an even share. Less would keep one that is well again without calls for long. */
    private static boolean isTrial(Node drawn, long random) {
        int penalty = drawn.penalty();
        // The lowest bits of the first half hardly influence what is drawn.
        return penalty > 0 && ((random >>> 32) & (CHANCE - 1)) * 3 * penalty < 2 * CHANCE;
    }

    /** Hot-cold lexicographic choice, from the newest on. */
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
            if (otherGroup(place, first) || (avoiding && context.avoids(entry.node.endpoint()))) {
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
        if (cold == null && lastRank == Rank.FAILING && known < left) {
            // There are others, of which nothing is known.
            return null;
        }
        return cold == null ? last : cold;
    }

    private boolean otherGroup(int place, int first) {
        return groupOf.length > 0 && groupOf[place] != groupOf[first];
    }

    /** Removes as many results as a call has to, while two are left of the group that it is made in: the oldest and the worst in turn. */
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
                if (place < 0 || otherGroup(place, first)) {
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

    /** The place of a result that is of use in this version; below 0 for another. */
    private int place(PrequalPool.Entry entry, long nowNanos) {
        if (entry.isOver() || nowNanos - entry.sentNanos > maxAgeNanos) {
            return NOWHERE;
        }
        int place = entry.place;
        if (place < nodes.length && nodes[place] == entry.node) {
            return place;
        }
        // Laid out anew since the probe.
        return has(entry.node) ? placeOf(entry.node) : NOWHERE;
    }

    /** The place of a node; below 0 if it has none. */
    int placeOf(Node node) {
        Integer place = places.get(node);
        return place == null ? NOWHERE : place;
    }

    /** Whether it has a node that may be picked. */
    boolean has(Node node) {
        int place = placeOf(node);
        return place >= 0 && nodes[place] == node;
    }

    /** Whether it has the same nodes in the same places. */
    boolean isLaidOutAs(PrequalPicker other) {
        return nodes == other.nodes;
    }

    /** The weight as a share of the mean. */
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
        lines.add(probes.answers().few() ? two : choice(pool) + "; with fewer than two results it " + two);
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
