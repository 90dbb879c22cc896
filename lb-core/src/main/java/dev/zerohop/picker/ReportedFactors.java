package dev.zerohop.picker;

import dev.zerohop.Candidate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * By how much the weights of candidates are multiplied for what their endpoints report: the weight of gRFC A58 as a share of the mean of the known ones, 0.1 to 10, in 64ths; 1 for an endpoint whose weight
 * is not known, and for all while fewer than two are. In 64ths, so that whole weights keep whole and a cycle of turns stays short.
 *
 * <p>Where a stage divides the traffic between groups of candidates, the mean is that of the group, and {@link #weighted} leaves each group the weight that it had.
 */
final class ReportedFactors {
    static final int ONE = 64;
    private static final double LEAST = 0.1;
    private static final double MOST = 10;
    private static final int FEWEST_KNOWN = 2;

    private ReportedFactors() {}

    /** What candidates keep from one version to the next. */
    @SuppressWarnings("ArrayRecordComponent")
    record Carried(List<Candidate> weighted, int[] factors) {}

    /** The sum and the number of the known weights of one group. */
    private static final class Known {
        double sum;
        int count;
    }

    static int[] of(List<Candidate> candidates, long nowNanos) {
        int count = candidates.size();
        double[] weights = new double[count];
        Map<Integer, Known> groups = new HashMap<>();
        for (int i = 0; i < count; i++) {
            Candidate candidate = candidates.get(i);
            double cost = candidate.node().load(nowNanos);
            if (cost > 0) {
                weights[i] = 1 / cost;
                Known known = groups.computeIfAbsent(candidate.group(), none -> new Known());
                known.sum += weights[i];
                known.count++;
            }
        }
        int[] factors = new int[count];
        Arrays.fill(factors, ONE);
        for (int i = 0; i < count && !groups.isEmpty(); i++) {
            Known known = weights[i] > 0 ? groups.get(candidates.get(i).group()) : null;
            if (known != null && known.count >= FEWEST_KNOWN) {
                double share = weights[i] / (known.sum / known.count);
                factors[i] = (int) Math.rint(ONE * Math.max(LEAST, Math.min(MOST, share)));
            }
        }
        return factors;
    }

    /** Puts the old factor in the place of one that has moved by a 64th at most; whether all are the old ones then. */
    static boolean settle(int[] before, int[] factors) {
        boolean same = true;
        for (int i = 0; i < factors.length; i++) {
            if (Math.abs(factors[i] - before[i]) <= 1 && factors[i] != ONE) {
                factors[i] = before[i];
            }
            same &= factors[i] == before[i];
        }
        return same;
    }

    static List<Candidate> weighted(List<Candidate> candidates, int[] factors) {
        Map<Integer, double[]> sums = sums(candidates, factors);
        List<Candidate> weighted = new ArrayList<>(factors.length);
        for (int i = 0; i < factors.length; i++) {
            Candidate candidate = candidates.get(i);
            double[] sum = sums.get(candidate.group());
            double scale = sum == null ? 1 : sum[0] / sum[1];
            weighted.add(weighted(candidate, factors[i] * scale));
        }
        return weighted;
    }

    private static Candidate weighted(Candidate candidate, double factor) {
        return new Candidate(candidate.node(), candidate.weight() * factor, candidate.scale(), candidate.group());
    }

    /** Of each group, its weight before and after the factors; none if there is one group. */
    private static Map<Integer, double[]> sums(List<Candidate> candidates, int[] factors) {
        Map<Integer, double[]> sums = new HashMap<>();
        for (int i = 0; i < factors.length; i++) {
            Candidate candidate = candidates.get(i);
            double[] sum = sums.computeIfAbsent(candidate.group(), none -> new double[2]);
            sum[0] += candidate.weight();
            sum[1] += candidate.weight() * factors[i];
        }
        return sums.size() > 1 ? sums : Map.of();
    }

    /**
     * Keeps the factors of those that are candidates again, and the very candidates where nothing of them has changed, so that the turns need not be laid out anew. A new candidate
     * counts as the mean until the next refresh. Both lists are in the order of the ids; one that is not loses factors until the next refresh, and nothing else.
     */
    static Carried carry(List<Candidate> before, List<Candidate> weighted, int[] factors, List<Candidate> next) {
        int[] kept = new int[next.size()];
        int[] places = new int[next.size()];
        int at = 0;
        for (int i = 0; i < kept.length; i++) {
            Candidate candidate = next.get(i);
            int order = -1;
            while (at < before.size() && (order = order(before.get(at), candidate)) < 0) {
                at++;
            }
            boolean known = at < before.size() && order == 0 && before.get(at).node() == candidate.node();
            kept[i] = known ? factors[at] : ONE;
            places[i] = known && before.get(at) == candidate ? at : -1;
        }
        boolean grouped = next.stream().anyMatch(candidate -> candidate.group() != 0);
        List<Candidate> carried = grouped ? weighted(next, kept) : new ArrayList<>(kept.length);
        for (int i = 0; i < kept.length && !grouped; i++) {
            carried.add(places[i] >= 0 ? weighted.get(places[i]) : weighted(next.get(i), kept[i]));
        }
        return new Carried(carried, kept);
    }

    private static int order(Candidate one, Candidate other) {
        return one.node() == other.node()
                ? 0
                : one.node().endpoint().id().compareTo(other.node().endpoint().id());
    }
}
