package dev.zerohop.picker;

import dev.zerohop.Candidate;
import dev.zerohop.Dice;
import dev.zerohop.Env;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.Picker;
import dev.zerohop.Refusal;
import dev.zerohop.Snapshot;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the pickers share that may send any call to any candidate. */
abstract class CandidatePicker implements Picker {
    /** How many random draws are made for a candidate that was not tried yet, before all are looked at in turn. */
    private static final int REDRAWS = 4;

    /** So often in a row chance never meets those that are out. */
    static final int MOST_DRAWS = 64;

    /** How large a share of the turns or draws may fall on candidates that are out, before tables are made without them. */
    private static final double SPARED = 1.0 / 16;

    final Snapshot snapshot;
    final Env env;

    /**
     * What may be picked, in the order of the snapshot unless a policy has one of its own. Null in the place of one that is out since this was laid out: a pick that
     * meets it goes on to the next turn or draw, which leaves the shares of the others as they are to each other.
     */
    final @Nullable Node[] nodes;

    /** The candidates that this was laid out for, and their nodes in the places that they have. */
    private final List<Candidate> laidOut;

    private final Node[] all;

    CandidatePicker(Snapshot snapshot, Env env) {
        this(snapshot, env, nodes(snapshot));
    }

    /** {@code candidates} are those that may be picked, for a policy that does not take the snapshot's. */
    CandidatePicker(Snapshot snapshot, Env env, List<Candidate> candidates) {
        this(snapshot, env, candidates, nodes(candidates));
    }

    /** {@code nodes} are those of the candidates, in any order; not to be changed any more. */
    CandidatePicker(Snapshot snapshot, Env env, Node[] nodes) {
        this(snapshot, env, snapshot.candidates(), nodes);
    }

    private CandidatePicker(Snapshot snapshot, Env env, List<Candidate> candidates, Node[] nodes) {
        this.snapshot = snapshot;
        this.env = env;
        this.nodes = nodes;
        this.laidOut = candidates;
        this.all = nodes;
    }

    /** The next version, as the one before is laid out; {@code left} is from {@link #left}. */
    CandidatePicker(CandidatePicker before, Snapshot next, @Nullable Node[] left) {
        this.snapshot = next;
        this.env = before.env;
        this.nodes = left;
        this.laidOut = before.laidOut;
        this.all = before.all;
    }

    /**
     * The nodes of the next version in their places, null in the place of one that it leaves out: so that one of thousands which is found down costs a copy and no
     * tables. Null if it has to be laid out anew, because it has other candidates or lacks too many.
     */
    final @Nullable Node @Nullable [] left(Snapshot next) {
        int[] out = omitted(laidOut, next.candidates());
        if (out == null || out.length == 0) {
            return out == null ? null : all;
        }
        double share = 0;
        int[] places = new int[out.length];
        for (int i = 0; i < out.length; i++) {
            share += share(laidOut.get(out[i]));
            places[i] = place(out[i]);
        }
        return share <= SPARED ? without(all, places) : null;
    }

    /** A copy without those in these places. */
    @Nullable
    Node[] without(Node[] nodes, int[] places) {
        @Nullable Node[] left = nodes.clone();
        for (int place : places) {
            left[place] = null;
        }
        return left;
    }

    /** How many this was laid out for. */
    final int laidOut() {
        return all.length;
    }

    /** The place of a candidate that this was laid out for. */
    int place(int candidate) {
        return candidate;
    }

    /** The share of the turns or draws that fall on a candidate that this was laid out for. */
    abstract double share(Candidate candidate);

    /** The positions of those that are not among {@code some}; null if those are no part of all in the same order, or lack too many. */
    private static int @Nullable [] omitted(List<Candidate> all, List<Candidate> some) {
        int missing = all.size() - some.size();
        if (missing < 0 || missing > all.size() * SPARED) {
            return null;
        }
        int[] omitted = new int[missing];
        int count = 0;
        for (int i = 0; i < all.size(); i++) {
            int at = i - count;
            if (at == some.size() || all.get(i) != some.get(at)) {
                if (count == missing) {
                    return null;
                }
                omitted[count++] = i;
            }
        }
        return omitted;
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
            if (node != null && !context.avoids(node.endpoint())) {
                return node;
            }
        }
        return drawn;
    }

    /** A candidate by chance, as likely as this policy's shares say; there is one. */
    abstract Node draw();

    final Node draw(AliasTable table, Dice dice) {
        int place = 0;
        for (int i = 0; i < MOST_DRAWS; i++) {
            place = table.draw(dice.nextLong() >>> 32);
            Node node = nodes[place];
            if (node != null) {
                return node;
            }
        }
        return leftFrom(place);
    }

    /** The first one that is left from a place on, for dice that repeat themselves. */
    final Node leftFrom(int place) {
        for (int i = 0; i < nodes.length; i++) {
            Node node = nodes[(place + i) % nodes.length];
            if (node != null) {
                return node;
            }
        }
        throw new IllegalStateException("none of " + nodes.length + " candidates is left, expected most of them");
    }

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
