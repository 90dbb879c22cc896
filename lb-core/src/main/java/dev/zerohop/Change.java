package dev.zerohop;

import java.util.List;

/**
 * Where two lists differ: what stands before {@code from} in both, and what stands from {@code before} on in the one and from {@code after} on in the other, are the
 * same objects.
 */
record Change(int from, int before, int after) {

    static Change between(List<?> old, List<?> next) {
        return between(Frozen.elements(old), Frozen.elements(next));
    }

    static Change between(List<?> old, Object[] next) {
        return between(Frozen.elements(old), next);
    }

    private static Change between(Object[] old, Object[] next) {
        int before = old.length;
        int after = next.length;
        int shorter = Math.min(before, after);
        int from = 0;
        while (from < shorter && old[from] == next[from]) {
            from++;
        }
        while (before > from && after > from && old[before - 1] == next[after - 1]) {
            before--;
            after--;
        }
        return new Change(from, before, after);
    }

    /** Everything differs. */
    static Change of(List<?> old, List<?> next) {
        return new Change(0, old.size(), next.size());
    }

    /** Whether the lists hold the same objects. */
    boolean isNone() {
        return from == before && from == after;
    }

    /** Whether things were put in or taken out, and nothing was put in the place of another. */
    boolean replacesNothing() {
        return from == before || from == after;
    }
}
