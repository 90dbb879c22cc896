package dev.zerohop.picker;

import dev.zerohop.Candidate;
import dev.zerohop.Endpoint;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.ShardCount;
import dev.zerohop.Snapshot;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The members of a snapshot by ordinal, and how many shards they are meant to be. Immutable. */
final class Owners {
    private final int shards;
    private final int firstOrdinal;
    private final String origin;

    /** Parallel, in order of ordinals and then of ids. */
    private final int[] ordinals;

    private final Node[] nodes;
    private final boolean[] usable;

    Owners(ShardPolicy policy, Snapshot snapshot) {
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
        boolean[] candidates = candidates(members, snapshot.candidates());
        this.ordinals = new int[count];
        this.nodes = new Node[count];
        this.usable = new boolean[count];
        for (int i = 0; i < count; i++) {
            int member = (int) sorted[i];
            ordinals[i] = (int) (sorted[i] >>> 32);
            nodes[i] = members.get(member);
            usable[i] = candidates[member];
        }
        ShardCount known = snapshot.shards();
        this.firstOrdinal = policy.firstOrdinal().orElse(known == null ? 0 : known.firstOrdinal());
        if (policy.shards().isPresent()) {
            this.shards = policy.shards().get();
            this.origin = shards + " shards as configured";
        } else if (known != null) {
            this.shards = known.count();
            this.origin = shards + " shards as the source says";
        } else {
            this.shards = count == 0 ? 0 : Math.max(0, ordinals[count - 1] + 1 - firstOrdinal);
            this.origin = shards == 0
                    ? "the number of shards is unknown: no endpoint has an ordinal"
                            + (firstOrdinal == 0 ? "" : " of " + firstOrdinal + " or more")
                    : shards + " shards by the highest ordinal known, " + ordinals[count - 1];
        }
    }

    /** Which members are candidates; both lists are in the same order. */
    static boolean[] candidates(List<Node> members, List<Candidate> candidates) {
        boolean[] are = new boolean[members.size()];
        int next = 0;
        for (int i = 0; i < are.length && next < candidates.size(); i++) {
            if (members.get(i) == candidates.get(next).node()) {
                are[i] = true;
                next++;
            }
        }
        return are;
    }

    /** The number of shards; 0 if it is unknown. */
    int shards() {
        return shards;
    }

    int firstOrdinal() {
        return firstOrdinal;
    }

    /** Where the number of shards comes from. */
    String origin() {
        return origin;
    }

    /** The position of the first member of an ordinal, or one at which it is not. */
    private int find(int ordinal) {
        int count = ordinals.length;
        // Ordinals without gaps and doubles stand where their number says.
        int guess = count == 0 ? 0 : ordinal - ordinals[0];
        if (guess >= 0
                && guess < count
                && ordinals[guess] == ordinal
                && (guess == 0 || ordinals[guess - 1] != ordinal)) {
            return guess;
        }
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (ordinals[middle] < ordinal) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** The member of an ordinal whatever its health; a usable one if there are several; null if there is none. */
    @Nullable
    Node first(int ordinal) {
        int at = find(ordinal);
        Node first = null;
        for (; at < ordinals.length && ordinals[at] == ordinal; at++) {
            if (usable[at]) {
                return nodes[at];
            }
            first = first == null ? nodes[at] : first;
        }
        return first;
    }

    /** The usable member of an ordinal, one that the context does not avoid if there is one; null if none is usable. */
    @Nullable
    Node usable(int ordinal, PickContext context) {
        Node first = null;
        for (int at = find(ordinal); at < ordinals.length && ordinals[at] == ordinal; at++) {
            if (usable[at]) {
                if (!context.avoids(nodes[at].endpoint())) {
                    return nodes[at];
                }
                first = first == null ? nodes[at] : first;
            }
        }
        return first;
    }

    /** Whether a node is a member of an ordinal. */
    boolean owns(Node node, int ordinal) {
        for (int at = find(ordinal); at < ordinals.length && ordinals[at] == ordinal; at++) {
            if (nodes[at] == node) {
                return true;
            }
        }
        return false;
    }

    /** The ordinals that there are, as ranges: {@code 0-2,5}. */
    String known() {
        if (ordinals.length == 0) {
            return "none";
        }
        StringBuilder out = new StringBuilder();
        int from = ordinals[0];
        int to = from;
        for (int i = 1; i <= ordinals.length; i++) {
            if (i < ordinals.length && ordinals[i] <= to + 1) {
                to = ordinals[i];
                continue;
            }
            out.append(out.isEmpty() ? "" : ",").append(from);
            if (to > from) {
                out.append('-').append(to);
            }
            if (i < ordinals.length) {
                from = ordinals[i];
                to = from;
            }
        }
        return out.toString();
    }
}
