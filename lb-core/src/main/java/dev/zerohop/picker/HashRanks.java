package dev.zerohop.picker;

import dev.zerohop.Candidate;
import dev.zerohop.Dice;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.Snapshot;
import dev.zerohop.internal.Mix64;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The members as keys rank them, and which of them may take a call: the candidates of one version. Highest random weight: each candidate gets a score from the key and
 * its name, the best score wins, and what cannot take the call leaves it to the next rank. O(n). Immutable but for the counts of the nodes.
 *
 * <p>Score: -w / ln(u) with u in (0, 1) from the two hashes (Schindelhauer and Schomaker, "Weighted distributed hash tables", 2005).
 */
final class HashRanks {
    /** A number of calls of which any share is more than there are, and a factor that bounds nothing. */
    static final double UNBOUNDED = Double.POSITIVE_INFINITY;

    private static final int PENALTY_FREE_ONE_IN = 16;

    /** Of the members' names. */
    private final long[] hashes;

    /** By member; null for one that is no candidate. */
    private final @Nullable Node[] nodes;

    /** Effective weights; 0 for one that is no candidate. */
    private final double[] weights;

    /** How likely a key that falls to a member stays there, in units of 2^-63; null if all do. */
    private final long @Nullable [] kept;

    /** What part of all calls under way each may have at the most; null if there is no bound. */
    private final double @Nullable [] bounds;

    /** The members that are candidates, in order. */
    private final int[] candidates;

    /** So many calls under way at one endpoint are never above its bound. */
    private final int floor;

    private final Dice dice;

    HashRanks(HashMembers members, Snapshot snapshot, Dice dice, double boundedLoad, int floor) {
        this.dice = dice;
        this.floor = floor;
        List<Node> all = snapshot.members();
        this.hashes = members.hashes();
        this.weights = OrdinalIndex.weights(all, snapshot.candidates(), Candidate::keyWeight);
        this.nodes = new Node[weights.length];
        for (int i = 0; i < nodes.length; i++) {
            nodes[i] = weights[i] > 0 ? all.get(i) : null;
        }
        this.candidates =
                IntStream.range(0, nodes.length).filter(i -> weights[i] > 0).toArray();
        this.kept = kept(members, weights);
        this.bounds = boundedLoad == UNBOUNDED ? null : bounds(weights, boundedLoad);
    }

    private static double[] bounds(double[] weights, double boundedLoad) {
        double sum = 0;
        for (double weight : weights) {
            sum += weight;
        }
        double[] bounds = new double[weights.length];
        for (int i = 0; i < bounds.length; i++) {
            bounds[i] = boundedLoad * weights[i] / sum;
        }
        return bounds;
    }

    /**
     * A table is laid out for the members' own weights. What stages make of them, as they do for the own zone, comes in here: a key stays with its owner as likely as the
     * stages prefer that to what they prefer most, and goes on to the next otherwise. So each gets its effective share, and a change of preference moves the keys of that
     * difference only and lays out nothing.
     */
    private static long @Nullable [] kept(HashMembers members, double[] weights) {
        double most = 0;
        double least = UNBOUNDED;
        for (int i = 0; i < weights.length; i++) {
            if (weights[i] > 0) {
                double preference = weights[i] / Math.max(1, members.weight(i));
                most = Math.max(most, preference);
                least = Math.min(least, preference);
            }
        }
        if (least >= most) {
            return null;
        }
        long[] kept = new long[weights.length];
        for (int i = 0; i < kept.length; i++) {
            kept[i] = (long) (weights[i] / Math.max(1, members.weight(i)) / most * 0x1.0p63);
        }
        return kept;
    }

    /** A member's node, if it is a candidate. */
    @Nullable
    Node node(int member) {
        return nodes[member];
    }

    /** Whether each key stays with the first candidate that it falls to. */
    boolean keepAll() {
        return kept == null;
    }

    /** Whether a key that falls to a member, at a position of this {@linkplain KeyTable#mark mark}, stays there. */
    boolean keeps(int member, long hash, long mark) {
        return kept == null || Mix64.mix(hash ^ mark) >>> 1 <= kept[member];
    }

    /** What part of its share the stages leave a member. */
    private double keptShare(int member) {
        return kept == null ? 1 : kept[member] * 0x1.0p-63;
    }

    /** Whether a candidate is within its bound whatever the others have under way: it is below the floor, or has neither a call under way nor a failure behind it, or there are no bounds. */
    boolean free(Node candidate) {
        // A bound is one call at the least.
        return bounds == null || candidate.pressure() < Math.max(1, floor);
    }

    /**
     * Whether a pick looks at the calls under way alone. Else a penalty for failures counts as well, or an endpoint that fails at once would have the fewest and draw the calls
     * of all others; but one pick in sixteen forgets it, so that one which is well again is found. Asked once for each pick.
     */
    boolean forgives() {
        return bounds != null && (dice.nextLong() & (PENALTY_FREE_ONE_IN - 1)) == 0;
    }

    /** The calls under way at all candidates and the one that is being picked for; {@link #UNBOUNDED} if there is no bound. Looks at each: what ended meanwhile at any of them lowers the bounds of all. */
    double calls() {
        if (bounds == null) {
            return UNBOUNDED;
        }
        double calls = 1;
        for (int member : candidates) {
            Node node = nodes[member];
            calls += node == null ? 0 : node.inFlight();
        }
        return calls;
    }

    /** How many calls a candidate may have under way of so many altogether. */
    double bound(int member, double calls) {
        // What rounding adds to a whole number must not add a call.
        return bounds == null ? UNBOUNDED : Math.max(floor, Math.ceil(bounds[member] * calls * (1 - 1e-12)));
    }

    /**
     * Whether a member is a candidate, no attempt of this call has been there, and it has fewer calls under way than its bound.
     *
     * @param calls how many there are altogether; {@link #UNBOUNDED} for no bound
     * @param forgiving see {@link #forgives}
     */
    boolean takes(int member, @Nullable PickContext avoiding, double calls, boolean forgiving) {
        Node node = nodes[member];
        return node != null
                && (avoiding == null || !avoiding.avoids(node.endpoint()))
                && (calls == UNBOUNDED || (forgiving ? node.inFlight() : node.pressure()) < bound(member, calls));
    }

    /** The member with the best score among those that may {@linkplain #takes take} the call; -1 if there is none. */
    int winner(long hash, @Nullable PickContext avoiding, double calls, boolean forgiving) {
        int winner = -1;
        double best = 0;
        for (int i : candidates) {
            double missing = 1 - unit(Mix64.mix(hash ^ hashes[i]));
            // -ln(u) >= 1 - u, so this bounds the score from above; most candidates need no logarithm.
            if (weights[i] <= best * missing) {
                continue;
            }
            // The strict variant, so that every machine agrees.
            double score = weights[i] / -StrictMath.log(1 - missing);
            if (score > best && takes(i, avoiding, calls, forgiving)) {
                best = score;
                winner = i;
            }
        }
        return winner;
    }

    /** Why a member, whose node this is, does not take a call; for a person. */
    String why(int member, Node node, PickContext context, long nowNanos) {
        if (nodes[member] == null) {
            return "it " + node.describe(nowNanos);
        }
        if (context.avoids(node.endpoint())) {
            return "this call has tried it";
        }
        double bound = bound(member, calls());
        if (node.pressure() >= bound) {
            int penalty = node.penalty();
            return "it has " + node.inFlight() + " calls under way"
                    + (penalty > 0 ? " and a penalty of " + penalty + " for its failures" : "") + ", and its bound is "
                    + (long) bound;
        }
        return "stages leave it " + Math.round(100 * keptShare(member)) + " % of its keys, and not this one";
    }

    /** In (0, 1), never at an end. */
    private static double unit(long hash) {
        return ((hash >>> 12) + 0.5) * 0x1.0p-52;
    }
}
