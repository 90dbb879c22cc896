package dev.zerohop.picker;

import dev.zerohop.Candidate;
import dev.zerohop.Env;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.Picker;
import dev.zerohop.Refusal;
import dev.zerohop.Snapshot;
import java.util.List;

/** What the pickers share that may send any call to any candidate. */
abstract class CandidatePicker implements Picker {
    /** How many random draws are made for a candidate that was not tried yet, before all are looked at in turn. */
    private static final int REDRAWS = 4;

    final Snapshot snapshot;
    final Env env;

    /** What may be picked, in the order of the snapshot unless a policy has one of its own. */
    final Node[] nodes;

    CandidatePicker(Snapshot snapshot, Env env) {
        this(snapshot, env, nodes(snapshot));
    }

    /** {@code candidates} are those that may be picked, for a policy that does not take the snapshot's. */
    CandidatePicker(Snapshot snapshot, Env env, List<Candidate> candidates) {
        this(snapshot, env, nodes(candidates));
    }

    /** {@code nodes} are those of the candidates, in any order; not to be changed any more. */
    CandidatePicker(Snapshot snapshot, Env env, Node[] nodes) {
        this.snapshot = snapshot;
        this.env = env;
        this.nodes = nodes;
    }

    /** The nodes of the candidates, in their order. */
    static Node[] nodes(Snapshot snapshot) {
        List<Candidate> candidates = snapshot.candidates();
        // Before any stage they are the members, unless some have weight 0: then none of thousands of candidates is
        // looked at.
        boolean all =
                snapshot.isUnstaged() && candidates.size() == snapshot.members().size();
        return all ? snapshot.members().toArray(new Node[0]) : nodes(candidates);
    }

    private static Node[] nodes(List<Candidate> candidates) {
        Node[] nodes = new Node[candidates.size()];
        for (int i = 0; i < nodes.length; i++) {
            nodes[i] = candidates.get(i).node();
        }
        return nodes;
    }

    @Override
    public final Refusal refusal(PickContext context) {
        return snapshot.refusal(env.time().nanoTime());
    }

    /**
     * A random candidate that the context does not avoid; {@code drawn} if it avoids all. Random and not simply the next one: calls that
     * come back from a broken endpoint must not all fall on its neighbour.
     */
    final Node redrawAvoiding(PickContext context, Node drawn) {
        for (int i = 0; i < REDRAWS; i++) {
            Node node = draw();
            if (!context.avoids(node.endpoint())) {
                return node;
            }
        }
        int start = env.dice().nextInt(nodes.length);
        for (int i = 0; i < nodes.length; i++) {
            int at = start + i;
            Node node = nodes[at < nodes.length ? at : at - nodes.length];
            if (!context.avoids(node.endpoint())) {
                return node;
            }
        }
        return drawn;
    }

    /** A candidate by chance, as likely as this policy's shares say; there is one. */
    abstract Node draw();

    /** The weights of the candidates, or what stages made of them for a policy that ignores the endpoints' own. */
    static double[] weights(List<Candidate> candidates, boolean endpoints) {
        double[] weights = new double[candidates.size()];
        for (int i = 0; i < weights.length; i++) {
            weights[i] = weight(candidates.get(i), endpoints);
        }
        return weights;
    }

    /** Whether all weights are equal. Those that only stages change are before any stage. */
    static boolean equal(Snapshot snapshot, boolean endpoints) {
        List<Candidate> candidates = snapshot.candidates();
        if (!endpoints && snapshot.isUnstaged()) {
            return true;
        }
        int count = candidates.size();
        double first = count == 0 ? 0 : weight(candidates.get(0), endpoints);
        for (int i = 1; i < count; i++) {
            if (weight(candidates.get(i), endpoints) != first) {
                return false;
            }
        }
        return true;
    }

    static double weight(Candidate candidate, boolean endpoints) {
        return endpoints ? candidate.weight() : candidate.scale();
    }
}
