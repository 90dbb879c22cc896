package dev.zerohop.picker;

import dev.zerohop.Snapshot;
import org.jspecify.annotations.Nullable;

/**
 * Draws an index in proportion to the weights in constant time: an alias table by Vose's method ("A linear algorithm for generating random numbers
 * with a given distribution", 1991). Plain uniform draws if the weights are equal.
 */
final class AliasTable {
    private static final long LOW = 0xFFFFFFFFL;

    private final int count;

    /** Column i: the alias above, the threshold below. Fractions up to and including the threshold mean i, the rest the alias. Null for equal weights. */
    private final long @Nullable [] columns;

    /** Of the weights; 0 if they are equal. */
    private final double sum;

    private AliasTable(int count, double sum, long @Nullable [] columns) {
        this.count = count;
        this.sum = sum;
        this.columns = columns;
    }

    /** Of the candidates' weights, or of what stages made of them for a policy that ignores the endpoints' own. */
    static AliasTable of(Snapshot snapshot, boolean endpoints) {
        return CandidatePicker.equal(snapshot, endpoints)
                ? new AliasTable(snapshot.candidates().size(), 0, null)
                : of(CandidatePicker.weights(snapshot.candidates(), endpoints));
    }

    static AliasTable of(double[] weights) {
        int count = weights.length;
        if (!differ(weights)) {
            return new AliasTable(count, 0, null);
        }
        double sum = 0;
        for (double weight : weights) {
            sum += weight;
        }
        double[] share = new double[count];
        // Columns with less than an average share from the left, the others from the right.
        int[] columns = new int[count];
        int low = 0;
        int high = count;
        for (int i = 0; i < count; i++) {
            share[i] = weights[i] / sum * count;
            if (share[i] < 1) {
                columns[low++] = i;
            } else {
                columns[--high] = i;
            }
        }
        long[] packed = new long[count];
        int from = 0;
        while (from < low && high < count) {
            int poor = columns[from++];
            int rich = columns[high];
            packed[poor] = column(share[poor], rich);
            share[rich] -= 1 - share[poor];
            if (share[rich] < 1) {
                high++;
                columns[low++] = rich;
            }
        }
        // What rounding leaves over has a share of 1.
        for (; from < low; from++) {
            packed[columns[from]] = column(1, columns[from]);
        }
        for (; high < count; high++) {
            packed[columns[high]] = column(1, columns[high]);
        }
        return new AliasTable(count, sum, packed);
    }

    private static boolean differ(double[] weights) {
        for (double weight : weights) {
            if (weight != weights[0]) {
                return true;
            }
        }
        return false;
    }

    private static long column(double share, int alias) {
        return (long) alias << 32 | Math.max(0, Math.min(LOW, (long) (share * LOW)));
    }

    /** How likely an index of this weight is. */
    double share(double weight) {
        return columns == null ? 1.0 / count : weight / sum;
    }

    /** Whether all indexes are equally likely. */
    boolean isUniform() {
        return columns == null;
    }

    /**
     * The index for a random number.
     *
     * @param bits uniform in [0, 2^32)
     */
    int draw(long bits) {
        long product = bits * count;
        int column = (int) (product >>> 32);
        long[] columns = this.columns;
        if (columns == null) {
            return column;
        }
        long entry = columns[column];
        return (product & LOW) <= (entry & LOW) ? column : (int) (entry >>> 32);
    }
}
