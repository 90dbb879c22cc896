package dev.zerohop.picker;

import dev.zerohop.Candidate;
import dev.zerohop.EndpointSelector;
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
import dev.zerohop.internal.Mix64;
import dev.zerohop.internal.OptionsText;
import dev.zerohop.internal.Xxh64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Highest random weight: every candidate gets a score from the key and its id, the best score wins, and an attempt passes over what was tried to the
 * next rank. An endpoint that comes or goes moves only the keys that it wins or loses. O(n) for each pick.
 *
 * <p>Score: -w / ln(u) with u in (0, 1) from the two hashes (Schindelhauer and Schomaker, "Weighted distributed hash tables", 2005).
 */
final class RendezvousPicker extends KeyedPicker {
    /** In configurations. */
    static final class Provider implements PolicyProvider {
        @Override
        public String name() {
            return "rendezvous";
        }

        @Override
        public List<String> options() {
            return List.of("withoutKey");
        }

        @Override
        public PickPolicy read(Options options) {
            return new Policy(new Policies().withoutKey(options));
        }
    }

    /** See {@link Pickers#rendezvous()}. */
    record Policy(@Nullable PickPolicy withoutKey) implements PickPolicy {
        Policy {
            Pickers.checkUnkeyed("withoutKey", withoutKey);
        }

        @Override
        public String name() {
            return "rendezvous";
        }

        @Override
        public Picker newPicker(Snapshot first, Env env) {
            return new RendezvousPicker(first, env, withoutKey);
        }

        @Override
        public LoadMetric loadMetric() {
            return withoutKey == null ? LoadMetric.IN_FLIGHT : withoutKey.loadMetric();
        }

        @Override
        public boolean keyed() {
            return true;
        }

        @Override
        public String toString() {
            return new OptionsText(name())
                    .with("withoutKey", withoutKey == null ? "FAIL" : withoutKey)
                    .toString();
        }
    }

    private final Node[] nodes;
    private final double[] weights;
    private final long[] hashes;

    RendezvousPicker(Snapshot snapshot, Env env, @Nullable PickPolicy withoutKey) {
        super("rendezvous", snapshot, env, withoutKey);
        int count = snapshot.candidates().size();
        this.nodes = new Node[count];
        this.weights = new double[count];
        this.hashes = new long[count];
        fill(new Node[0], new long[0]);
    }

    private RendezvousPicker(RendezvousPicker before, Snapshot next) {
        super(before, next);
        int count = next.candidates().size();
        this.nodes = new Node[count];
        this.weights = new double[count];
        this.hashes = new long[count];
        fill(before.nodes, before.hashes);
    }

    /** Both lists are in order of ids, so hashes that are known are found by walking along: a change of health hashes nothing again. */
    private void fill(Node[] oldNodes, long[] oldHashes) {
        List<Candidate> candidates = snapshot.candidates();
        int old = 0;
        for (int i = 0; i < nodes.length; i++) {
            Candidate candidate = candidates.get(i);
            nodes[i] = candidate.node();
            weights[i] = candidate.keyWeight();
            String id = nodes[i].endpoint().id();
            while (old < oldNodes.length
                    && oldNodes[old] != nodes[i]
                    && oldNodes[old].endpoint().id().compareTo(id) < 0) {
                old++;
            }
            hashes[i] = old < oldNodes.length && oldNodes[old] == nodes[i] ? oldHashes[old] : Xxh64.hashUtf8(id);
        }
    }

    @Override
    @Nullable
    Node pick(EndpointSelector key, PickContext context) {
        if (nodes.length == 0) {
            return null;
        }
        long hash = key.hash();
        int winner = winner(hash, context.avoidsAny() ? context : null);
        return nodes[winner >= 0 ? winner : winner(hash, null)];
    }

    /** The index of the best score among those the context does not avoid, or -1. */
    private int winner(long hash, @Nullable PickContext avoiding) {
        int winner = -1;
        double best = -1;
        for (int i = 0; i < nodes.length; i++) {
            double missing = 1 - unit(Mix64.mix(hash ^ hashes[i]));
            // -ln(u) >= 1 - u, so this bounds the score from above; most candidates need no logarithm.
            if (weights[i] <= best * missing) {
                continue;
            }
            // The strict variant, so that every machine agrees.
            double score = weights[i] / -StrictMath.log(1 - missing);
            if (score > best && (avoiding == null || !avoiding.avoids(nodes[i].endpoint()))) {
                best = score;
                winner = i;
            }
        }
        return winner;
    }

    /** In (0, 1), never at an end. */
    private static double unit(long hash) {
        return ((hash >>> 12) + 0.5) * 0x1.0p-52;
    }

    @Override
    Refusal refusal(EndpointSelector key, PickContext context) {
        return snapshot.refusal(env.time().nanoTime());
    }

    @Override
    public Picker rebuild(Snapshot next) {
        return new RendezvousPicker(this, next);
    }

    @Override
    List<String> explain(EndpointSelector key, PickContext context) {
        Node node = pick(key, context);
        return List.of(
                "key " + key + " has hash " + Long.toUnsignedString(key.hash(), 16),
                node == null
                        ? "no candidate to rank"
                        : "of " + nodes.length + " candidates " + node.endpoint() + " has the best score for it");
    }
}
