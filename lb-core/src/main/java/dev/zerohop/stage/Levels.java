package dev.zerohop.stage;

import dev.zerohop.Candidate;
import dev.zerohop.Endpoint;
import java.lang.ref.WeakReference;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** The group of each of a list of candidates, by its place in the order of {@link PriorityGroups}. Kept for as long as the list is the same, so that a change of health reads no attributes. Immutable. */
final class Levels {
    private final WeakReference<List<Candidate>> candidates;
    private final int[] levels;
    private final int[] sizes;

    private Levels(List<Candidate> candidates, int[] levels, int[] sizes) {
        this.candidates = new WeakReference<>(candidates);
        this.levels = levels;
        this.sizes = sizes;
    }

    static Levels of(List<Candidate> candidates, PriorityGroups by) {
        int[] levels = new int[candidates.size()];
        int[] sizes = new int[by.groups()];
        for (int i = 0; i < levels.length; i++) {
            Endpoint endpoint = candidates.get(i).node().endpoint();
            levels[i] = by.group(endpoint);
            sizes[levels[i]]++;
        }
        return new Levels(candidates, levels, sizes);
    }

    boolean isOf(List<Candidate> candidates) {
        return this.candidates.refersTo(candidates);
    }

    int of(int position) {
        return levels[position];
    }

    /** How many candidates each level has. */
    int[] sizes() {
        return sizes.clone();
    }

    /** Whether all candidates are in one level. */
    boolean isOne() {
        return Arrays.stream(sizes).filter(size -> size > 0).count() <= 1;
    }

    /** Which of these positions are in a level that is not used, before the level {@code until}. */
    int[] unused(boolean[] used, int until, int[] positions) {
        return Arrays.stream(positions)
                .filter(position -> !used[levels[position]] && levels[position] < until)
                .toArray();
    }

    /** The positions of those that are in no level of these, or are out, without {@code kept}; ascending, as the others are. */
    int[] without(boolean[] used, int[] out, int[] kept) {
        int[] next = {0, 0};
        return IntStream.range(0, levels.length)
                .filter(position -> {
                    boolean isOut = next[0] < out.length && out[next[0]] == position;
                    next[0] += isOut ? 1 : 0;
                    boolean isKept = next[1] < kept.length && kept[next[1]] == position;
                    next[1] += isKept ? 1 : 0;
                    return isOut || (!used[levels[position]] && !isKept);
                })
                .toArray();
    }
}
