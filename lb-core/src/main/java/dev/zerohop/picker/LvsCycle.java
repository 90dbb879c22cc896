package dev.zerohop.picker;

import java.util.Arrays;

/**
 * The cycle of the weighted round robin of the Linux Virtual Server, as a function of the position: a level goes down from the greatest weight to the
 * greatest common divisor in steps of that divisor, and at each level every member whose weight is at least the level has one turn, in order.
 *
 * <p>With weights up to a million the cycle is too long to be laid out. It need not be: all levels between two neighbouring weights are the same round
 * of the same members. So the cycle is as many stretches as there are different weights, and a position is found by a search for its stretch, a
 * remainder, and a walk down a tree that finds the k-th of those that take part. The trees of all stretches share what they have in common, and their
 * leaves are sets of {@value #LEAF} members: n log n numbers at the most, and a position is found in O(log n). Immutable.
 */
final class LvsCycle {
    /** Where each stretch begins; one more for the end of the last. */
    private final long[] starts;

    /** How many take part in a round of each stretch, and the root of their tree. */
    private final int[] sizes;

    private final int[] roots;

    /** How many members one leaf holds: as many as a number has bits. */
    private static final int LEAF = 32;

    /**
     * The nodes of all trees: what lies on the left and on the right, and how many take part below. Of a leaf {@code left} is the set of those that take part,
     * one bit for each. Node 0 is the empty tree, and the empty leaf.
     */
    private int[] left = new int[64];

    private int[] right = new int[64];
    private int[] counts = new int[64];
    private int used = 1;

    /** The smallest power of two that all indexes fit below, and no less than a leaf. */
    private final int width;

    /** {@code weights} are positive, in the order of turns; there is at least one. */
    LvsCycle(long[] weights) {
        int count = weights.length;
        this.width = Math.max(LEAF, count <= 1 ? 1 : Integer.highestOneBit(count - 1) << 1);
        long[] different = Arrays.stream(weights).sorted().distinct().toArray();
        int stretches = different.length;
        long divisor = 0;
        for (long weight : different) {
            divisor = gcd(divisor, weight);
        }
        int[][] joining = byFallingWeight(weights, different);
        this.starts = new long[stretches + 1];
        this.sizes = new int[stretches];
        this.roots = new int[stretches];
        int root = 0;
        int size = 0;
        for (int i = 0; i < stretches; i++) {
            root = with(root, joining[i], 0, joining[i].length, 0, width);
            size += joining[i].length;
            int level = stretches - 1 - i;
            long down = level == 0 ? different[0] : different[level] - different[level - 1];
            roots[i] = root;
            sizes[i] = size;
            starts[i + 1] = starts[i] + down / divisor * size;
        }
        left = Arrays.copyOf(left, used);
        right = Arrays.copyOf(right, used);
        counts = Arrays.copyOf(counts, used);
    }

    /** The candidates that join in each stretch: those of one weight, in order. */
    private static int[][] byFallingWeight(long[] weights, long[] ascending) {
        int[] levels = new int[weights.length];
        int[] sizes = new int[ascending.length];
        for (int i = 0; i < weights.length; i++) {
            levels[i] = ascending.length - 1 - Arrays.binarySearch(ascending, weights[i]);
            sizes[levels[i]]++;
        }
        int[][] joining = new int[ascending.length][];
        Arrays.setAll(joining, level -> new int[sizes[level]]);
        // From the end, so that what is left of a size is the place of the next.
        for (int i = weights.length - 1; i >= 0; i--) {
            joining[levels[i]][--sizes[levels[i]]] = i;
        }
        return joining;
    }

    /** How many turns there are. */
    long length() {
        return starts[starts.length - 1];
    }

    /** The index that has the turn at a position, 0 to {@code length() - 1}. */
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
        for (int half = width >> 1; half >= LEAF; half >>= 1) {
            int onTheLeft = counts[left[node]];
            if (before < onTheLeft) {
                node = left[node];
            } else {
                before -= onTheLeft;
                first += half;
                node = right[node];
            }
        }
        return first + bit(left[node], before);
    }

    /** The place of the bit that is set with this rank. */
    private static int bit(int set, int rank) {
        int left = rank;
        int bits = set;
        int place = 0;
        for (int half = LEAF / 2; half > 0; half >>= 1) {
            int below = Integer.bitCount(bits & ((1 << half) - 1));
            if (left >= below) {
                left -= below;
                place += half;
                bits >>>= half;
            }
        }
        return place;
    }

    /** A tree of the indexes from {@code first} on that has more of them, some of {@code more} in order, and shares the rest with the one before. */
    private int with(int tree, int[] more, int from, int to, int first, int span) {
        if (from == to) {
            return tree;
        }
        int made = used++;
        if (made == counts.length) {
            left = Arrays.copyOf(left, 2 * made);
            right = Arrays.copyOf(right, 2 * made);
            counts = Arrays.copyOf(counts, 2 * made);
        }
        counts[made] = counts[tree] + to - from;
        if (span == LEAF) {
            int set = left[tree];
            for (int i = from; i < to; i++) {
                set |= 1 << (more[i] - first);
            }
            left[made] = set;
            return made;
        }
        int half = span >> 1;
        int middle = from;
        while (middle < to && more[middle] < first + half) {
            middle++;
        }
        int onTheLeft = with(left[tree], more, from, middle, first, half);
        int onTheRight = with(right[tree], more, middle, to, first + half, half);
        left[made] = onTheLeft;
        right[made] = onTheRight;
        return made;
    }

    private static long gcd(long a, long b) {
        return b == 0 ? a : gcd(b, a % b);
    }
}
