package dev.zerohop.picker;

import java.util.Arrays;

/**
 * The cycle of the weighted round robin of the Linux Virtual Server, as a function of the position: a level goes down from the greatest weight to the
 * greatest common divisor in steps of that divisor, and at each level every member whose weight is at least the level has one turn, in order.
 *
 * <p>With weights up to a million the cycle is too long to be laid out. It need not be: all levels between two neighbouring weights are the same round
 * of the same members. So the cycle is as many stretches as there are different weights, and a position is found by a search for its stretch, a
 * remainder, and a walk down a tree that finds the k-th of those that take part. The trees of all stretches share what they have in common: n log n
 * numbers in all, and a position is found in O(log n). Immutable.
 */
final class LvsCycle {
    /** Where each stretch begins; one more for the end of the last. */
    private final long[] starts;

    /** How many take part in a round of each stretch, and the root of their tree. */
    private final int[] sizes;

    private final int[] roots;

    /** The nodes of all trees: what lies on the left and on the right, and how many take part below. Node 0 is the empty tree. */
    private int[] left = new int[64];

    private int[] right = new int[64];
    private int[] counts = new int[64];
    private int used = 1;

    /** The smallest power of two that all indexes fit below. */
    private final int width;

    /** {@code weights} are positive, in the order of turns; there is at least one. */
    LvsCycle(long[] weights) {
        int count = weights.length;
        this.width = count <= 1 ? 1 : Integer.highestOneBit(count - 1) << 1;
        long divisor = 0;
        for (long weight : weights) {
            divisor = gcd(divisor, weight);
        }
        // By falling weight; equal ones join in the same stretch, in any order.
        Integer[] order = new Integer[count];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (a, b) -> Long.compare(weights[b], weights[a]));
        int stretches = (int) Arrays.stream(weights).distinct().count();
        this.starts = new long[stretches + 1];
        this.sizes = new int[stretches];
        this.roots = new int[stretches];
        int root = 0;
        int stretch = 0;
        for (int i = 0; i < count; i++) {
            root = with(root, order[i], width);
            long weight = weights[order[i]];
            long next = i + 1 < count ? weights[order[i + 1]] : 0;
            if (next != weight) {
                roots[stretch] = root;
                sizes[stretch] = i + 1;
                starts[stretch + 1] = starts[stretch] + (weight - next) / divisor * (i + 1);
                stretch++;
            }
        }
    }

    /** How many turns there are. */
    long length() {
        return starts[starts.length - 1];
    }

    /** Whose turn it is at a position, 0 to {@code length() - 1}. */
    int at(long position) {
        int found = Arrays.binarySearch(starts, position);
        int stretch = found >= 0 ? found : -found - 2;
        return select(roots[stretch], (int) ((position - starts[stretch]) % sizes[stretch]));
    }

    /** The index of the one with this rank, counted from 0, among those in a tree. */
    private int select(int root, int rank) {
        int node = root;
        int before = rank;
        int first = 0;
        for (int half = width >> 1; half > 0; half >>= 1) {
            int onTheLeft = counts[left[node]];
            if (before < onTheLeft) {
                node = left[node];
            } else {
                before -= onTheLeft;
                first += half;
                node = right[node];
            }
        }
        return first;
    }

    /** A tree that has one more, and shares the rest with the one before. */
    private int with(int tree, int index, int span) {
        int made = used++;
        if (made == counts.length) {
            left = Arrays.copyOf(left, 2 * made);
            right = Arrays.copyOf(right, 2 * made);
            counts = Arrays.copyOf(counts, 2 * made);
        }
        counts[made] = counts[tree] + 1;
        left[made] = left[tree];
        right[made] = right[tree];
        int half = span >> 1;
        if (half > 0 && index < half) {
            int child = with(left[tree], index, half);
            left[made] = child;
        } else if (half > 0) {
            int child = with(right[tree], index - half, half);
            right[made] = child;
        }
        return made;
    }

    private static long gcd(long a, long b) {
        return b == 0 ? a : gcd(b, a % b);
    }
}
