package dev.zerohop.stage;

import dev.zerohop.Candidate;
import dev.zerohop.Endpoint;
import dev.zerohop.Snapshot;
import java.lang.ref.WeakReference;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The group of each of a list of candidates, by its place in the order of {@link PriorityGroups}. Kept for as long as the list is the same, so that a change of health reads no attributes. Immutable, but for
 * what it remembers of the last levels that were used; thread-safe.
 */
final class Levels {
    private static final int[] NONE = {};

    private final WeakReference<List<Candidate>> candidates;
    private final int[] levels;
    private final int[] sizes;

    /** Of the levels that were used last. */
    private volatile @Nullable Kept last;

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

    /** Those that are left when all candidates of some levels are taken out. */
    private static final class Kept {
        final boolean[] used;

        /** The positions of those that are taken out. */
        final int[] others;

        final WeakReference<List<Candidate>> list;

        Kept(boolean[] used, int[] others, List<Candidate> list) {
            this.used = used;
            this.others = others;
            this.list = new WeakReference<>(list);
        }
    }

    /** The candidates of the levels that are used, without those that are out: while the same levels are used, a copy without the latter. {@code in} has the candidates of which these are the levels. */
    List<Candidate> kept(Snapshot in, boolean[] used, int[] out) {
        Kept known = last;
        List<Candidate> list = known == null || !Arrays.equals(known.used, used) ? null : known.list.get();
        if (known == null || list == null) {
            int[] others = without(used, NONE, NONE);
            list = in.without(others, "").candidates();
            known = new Kept(used.clone(), others, list);
            last = known;
        }
        int[] others = known.others;
        int[] places = Arrays.stream(out)
                .filter(position -> used[levels[position]])
                .map(position -> position + 1 + Arrays.binarySearch(others, position))
                .toArray();
        return in.with(list, Long.MAX_VALUE, "").without(places, "").candidates();
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
