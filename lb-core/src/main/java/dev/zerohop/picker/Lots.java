package dev.zerohop.picker;

import dev.zerohop.Candidate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Draws an index in proportion to the weights in constant time: an alias table by Vose's method ("A linear algorithm for generating random numbers
 * with a given distribution", 1991). Plain uniform draws if the weights are equal.
 */
final class Lots {
    private static final double SCALE = 0x1.0p32;

    private final int count;

    /** In column i, fractions below {@code threshold[i]} mean i and the rest {@code alias[i]}. Null for equal weights. */
    private final long @Nullable [] threshold;

    private final int[] alias;

    private Lots(int count, long @Nullable [] threshold, int[] alias) {
        this.count = count;
        this.threshold = threshold;
        this.alias = alias;
    }

    static Lots uniform(int count) {
        return new Lots(count, null, new int[0]);
    }

    static Lots weighted(List<Candidate> candidates) {
        int count = candidates.size();
        if (!CandidatePicker.weightsDiffer(candidates)) {
            return uniform(count);
        }
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += candidates.get(i).weight();
        }
        double[] share = new double[count];
        // Columns with less than an average share from the left, the others from the right.
        int[] columns = new int[count];
        int low = 0;
        int high = count;
        for (int i = 0; i < count; i++) {
            share[i] = candidates.get(i).weight() / sum * count;
            if (share[i] < 1) {
                columns[low++] = i;
            } else {
                columns[--high] = i;
            }
        }
        long[] threshold = new long[count];
        int[] alias = new int[count];
        int from = 0;
        while (from < low && high < count) {
            int poor = columns[from++];
            int rich = columns[high];
            threshold[poor] = (long) (share[poor] * SCALE);
            alias[poor] = rich;
            share[rich] -= 1 - share[poor];
            if (share[rich] < 1) {
                high++;
                columns[low++] = rich;
            }
        }
        // What rounding leaves over has a share of 1.
        for (; from < low; from++) {
            threshold[columns[from]] = 1L << 32;
        }
        for (; high < count; high++) {
            threshold[columns[high]] = 1L << 32;
        }
        return new Lots(count, threshold, alias);
    }

    /** Whether everybody is equally likely. */
    boolean isUniform() {
        return threshold == null;
    }

    /**
     * The index for a random number.
     *
     * @param bits uniform in [0, 2^32)
     */
    int draw(long bits) {
        long product = bits * count;
        int column = (int) (product >>> 32);
        long[] threshold = this.threshold;
        return threshold == null || (product & 0xFFFFFFFFL) < threshold[column] ? column : alias[column];
    }
}
