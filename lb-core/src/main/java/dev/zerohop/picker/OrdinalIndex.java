package dev.zerohop.picker;

import dev.zerohop.Candidate;
import dev.zerohop.Endpoint;
import dev.zerohop.Health;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.Snapshot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The members of a snapshot by ordinal; those that share one are replicas of its shard. Immutable.
 *
 * <p>Usable are the candidates that health leaves among all members: a group that panics by itself makes none of the owners well. At an ordinal without one, the others that health leaves are: that the
 * traffic goes to another zone or group moves no key. They are also what a call gets that has tried all candidates of its ordinal. Where there is none of those either, members that are draining but
 * well are: a draining owner keeps its keys while it serves.
 */
final class OrdinalIndex {
    /** The ordinals that there are, ascending. */
    private final int[] ordinals;

    /** Where the members of each ordinal begin, and behind the last. */
    private final int[] starts;

    /** In order of ordinals and then of ids. */
    private final Node[] nodes;

    /** The effective weight of each node; 0 if it is not usable. */
    private final double[] weights;

    /** The weight of each node that health leaves and that is not usable while one at its ordinal is a candidate, else 0; null if there is none. */
    private final double @Nullable [] spare;

    /** The positions whose usable members are draining and not available; null if there is none. */
    private final boolean @Nullable [] draining;

    OrdinalIndex(Snapshot snapshot) {
        List<Node> members = snapshot.members();
        long[] sorted = new long[members.size()];
        int count = 0;
        for (int i = 0; i < sorted.length; i++) {
            int ordinal = members.get(i).endpoint().ordinal();
            if (ordinal != Endpoint.NO_ORDINAL) {
                sorted[count++] = ((long) ordinal << 32) | i;
            }
        }
        Arrays.sort(sorted, 0, count);
        double[] candidates = weights(members, snapshot.candidates());
        double[] available =
                snapshot.available() == snapshot.candidates() ? candidates : weights(members, snapshot.available());
        double[] own = new double[count];
        this.nodes = new Node[count];
        this.weights = new double[count];
        int[] distinct = new int[count];
        int[] begins = new int[count + 1];
        int found = 0;
        for (int i = 0; i < count; i++) {
            int member = (int) sorted[i];
            int ordinal = (int) (sorted[i] >>> 32);
            if (found == 0 || distinct[found - 1] != ordinal) {
                distinct[found] = ordinal;
                begins[found++] = i;
            }
            nodes[i] = members.get(member);
            own[i] = available[member];
            weights[i] = own[i] > 0 ? candidates[member] : 0;
        }
        begins[found] = count;
        this.ordinals = found == count ? distinct : Arrays.copyOf(distinct, found);
        this.starts = found == count ? begins : Arrays.copyOf(begins, found + 1);
        this.draining = keepOwners(own);
        this.spare = available == candidates ? null : spare(own);
    }

    private double @Nullable [] spare(double[] available) {
        boolean any = false;
        for (int i = 0; i < available.length; i++) {
            available[i] = weights[i] > 0 ? 0 : available[i];
            any |= available[i] > 0;
        }
        return any ? available : null;
    }

    private boolean @Nullable [] keepOwners(double[] available) {
        boolean[] kept = null;
        for (int position = 0; position < ordinals.length; position++) {
            if (usable(position)) {
                continue;
            }
            System.arraycopy(
                    available, starts[position], weights, starts[position], starts[position + 1] - starts[position]);
            if (usable(position)) {
                continue;
            }
            for (int i = starts[position]; i < starts[position + 1]; i++) {
                weights[i] = drainingWeight(nodes[i]);
            }
            if (usable(position)) {
                kept = kept == null ? new boolean[ordinals.length] : kept;
                kept[position] = true;
            }
        }
        return kept;
    }

    /** The weight with which a node that is not available takes calls for its own keys: its own while it is draining and serves, else 0. */
    static int drainingWeight(Node node) {
        return node.health().status() == Health.Status.DRAINING
                ? node.endpoint().weight()
                : 0;
    }

    /** The weight of each member as a candidate; both lists are in the same order. */
    static double[] weights(List<Node> members, List<Candidate> candidates) {
        return weights(members, candidates, Candidate::weight);
    }

    /** The weight of each member as a candidate, or another of its weights; 0 for one that is none. */
    static double[] weights(List<Node> members, List<Candidate> candidates, ToDoubleFunction<Candidate> weight) {
        double[] weights = new double[members.size()];
        int next = 0;
        for (int i = 0; i < weights.length && next < candidates.size(); i++) {
            Candidate candidate = candidates.get(next);
            if (members.get(i) == candidate.node()) {
                weights[i] = weight.applyAsDouble(candidate);
                next++;
            }
        }
        return weights;
    }

    /** How many different ordinals there are. */
    int size() {
        return ordinals.length;
    }

    /** The highest ordinal; -1 if there is none. */
    int highest() {
        return ordinals.length == 0 ? -1 : ordinals[ordinals.length - 1];
    }

    int ordinalAt(int position) {
        return ordinals[position];
    }

    /** The position of an ordinal, or what {@link Arrays#binarySearch(int[], int)} returns for one that is absent. */
    int find(int ordinal) {
        int count = ordinals.length;
        // Ordinals without gaps stand at the position of their number.
        int guess = count == 0 ? 0 : ordinal - ordinals[0];
        return guess >= 0 && guess < count && ordinals[guess] == ordinal
                ? guess
                : Arrays.binarySearch(ordinals, ordinal);
    }

    /** Whether the members at a position are more than one. */
    boolean replicated(int position) {
        return starts[position + 1] - starts[position] > 1;
    }

    /** The one member at a position that is not {@linkplain #replicated replicated}, if it is usable; null also for a position below 0. */
    @Nullable
    Node only(int position) {
        if (position < 0) {
            return null;
        }
        int at = starts[position];
        return weights[at] > 0 ? nodes[at] : null;
    }

    /** Whether a member at a position is usable, or is the {@linkplain #spare spare} one, and not one that the context avoids. */
    boolean offers(int position, PickContext context) {
        return anyOf(weights, position, context) || spare(position, 0, context) != null;
    }

    private boolean anyOf(double[] weights, int position, PickContext context) {
        for (int i = starts[position]; i < starts[position + 1]; i++) {
            if (weights[i] > 0 && !context.avoids(nodes[i].endpoint())) {
                return true;
            }
        }
        return false;
    }

    /**
     * The member at a position that a call gets which has tried all usable ones there: one that health leaves and that stages send no other calls to. Null while a usable one is not tried, or if
     * there is none. Of several, {@code hash} chooses the first to look at.
     */
    @Nullable
    Node spare(int position, long hash, PickContext context) {
        if (spare == null || !context.avoidsAny() || anyOf(weights, position, context)) {
            return null;
        }
        int start = starts[position];
        int size = starts[position + 1] - start;
        int turn = (int) Math.floorMod(hash, (long) size);
        for (int i = 0; i < size; i++) {
            int at = start + (turn + i < size ? turn + i : turn + i - size);
            if (spare[at] > 0 && !context.avoids(nodes[at].endpoint())) {
                return nodes[at];
            }
        }
        return null;
    }

    /** Whether a member at a position is usable. */
    boolean usable(int position) {
        return anyOf(weights, position, PickContext.NONE);
    }

    /** Whether those at a position that are usable are draining and not available. */
    boolean draining(int position) {
        return draining != null && draining[position];
    }

    /** The members at a position whatever their health, the usable ones first. */
    List<Node> members(int position) {
        List<Node> members = new ArrayList<>();
        int usable = 0;
        for (int i = starts[position]; i < starts[position + 1]; i++) {
            members.add(weights[i] > 0 ? usable++ : members.size(), nodes[i]);
        }
        return members;
    }

    /** The members at a position, in order of ids, as a snapshot of their own. */
    Snapshot part(int position) {
        List<Node> members = new ArrayList<>();
        List<Candidate> candidates = new ArrayList<>();
        for (int i = starts[position]; i < starts[position + 1]; i++) {
            members.add(nodes[i]);
            if (weights[i] > 0) {
                candidates.add(new Candidate(nodes[i], weights[i]));
            }
        }
        return Snapshot.of(members, candidates);
    }

    /** Whether the members at a position are those at a position of {@code before}, all as usable as they were. */
    boolean same(int position, OrdinalIndex before, int positionBefore) {
        int start = starts[position];
        int offset = before.starts[positionBefore] - start;
        if (before.starts[positionBefore + 1] != starts[position + 1] + offset) {
            return false;
        }
        for (int i = start; i < starts[position + 1]; i++) {
            if (nodes[i] != before.nodes[i + offset] || weights[i] != before.weights[i + offset]) {
                return false;
            }
        }
        return true;
    }

    /** The usable member of an ordinal, one that the context does not avoid if there is one, else the spare one; null if none is usable. */
    @Nullable
    Node usable(int ordinal, PickContext context) {
        int position = find(ordinal);
        if (position < 0) {
            return null;
        }
        Node first = null;
        for (int i = starts[position]; i < starts[position + 1]; i++) {
            if (weights[i] > 0) {
                if (!context.avoids(nodes[i].endpoint())) {
                    return nodes[i];
                }
                first = first == null ? nodes[i] : first;
            }
        }
        Node other = spare(position, 0, context);
        return other == null ? first : other;
    }

    /** The member of an ordinal whatever its health; a usable one if there are several; null if there is none. */
    @Nullable
    Node first(int ordinal) {
        int position = find(ordinal);
        return position < 0 ? null : members(position).get(0);
    }

    /** Whether a node is a member of an ordinal. */
    boolean owns(Node node, int ordinal) {
        int position = find(ordinal);
        for (int i = position < 0 ? 0 : starts[position]; position >= 0 && i < starts[position + 1]; i++) {
            if (nodes[i] == node) {
                return true;
            }
        }
        return false;
    }

    /** The ordinals that there are, as ranges: {@code 0-2,5}. */
    String known() {
        StringBuilder out = new StringBuilder();
        for (int from = 0, to; from < ordinals.length; from = to + 1) {
            to = from;
            while (to + 1 < ordinals.length && ordinals[to + 1] == ordinals[to] + 1) {
                to++;
            }
            out.append(out.isEmpty() ? "" : ",").append(ordinals[from]);
            out.append(to > from ? "-" + ordinals[to] : "");
        }
        return out.isEmpty() ? "none" : out.toString();
    }
}
