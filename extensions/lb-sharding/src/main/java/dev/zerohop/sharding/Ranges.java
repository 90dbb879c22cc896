package dev.zerohop.sharding;

import java.util.Arrays;

/** A set of hashes as ascending, disjoint ranges. Bounds are flipped, so that signed comparison orders them; the last hash of a range is part of it. An immutable value. */
final class Ranges {
    static final Ranges NONE = new Ranges(new long[0], new long[0]);
    static final long FLIP = Long.MIN_VALUE;

    /** What is in the result of two sets. */
    private enum Rule {
        BOTH,
        EITHER,
        FIRST_ONLY;

        boolean takes(boolean one, boolean other) {
            return switch (this) {
                case BOTH -> one && other;
                case EITHER -> one || other;
                case FIRST_ONLY -> one && !other;
            };
        }
    }

    final long[] firsts;
    final long[] lasts;

    private Ranges(long[] firsts, long[] lasts) {
        this.firsts = firsts;
        this.lasts = lasts;
    }

    boolean isEmpty() {
        return firsts.length == 0;
    }

    int size() {
        return firsts.length;
    }

    Ranges and(Ranges other) {
        return combined(other, Rule.BOTH);
    }

    Ranges or(Ranges other) {
        return combined(other, Rule.EITHER);
    }

    Ranges without(Ranges other) {
        return combined(other, Rule.FIRST_ONLY);
    }

    /** The range that has a flipped hash; -1 if none. */
    int find(long flipped) {
        int at = Arrays.binarySearch(firsts, flipped);
        int candidate = at >= 0 ? at : -at - 2;
        return candidate >= 0 && flipped <= lasts[candidate] ? candidate : -1;
    }

    private Ranges combined(Ranges other, Rule rule) {
        Builder builder = new Builder();
        int i = 0;
        int k = 0;
        long at = Long.MIN_VALUE;
        while (i < size() || k < other.size()) {
            boolean one = i < size() && firsts[i] <= at;
            boolean two = k < other.size() && other.firsts[k] <= at;
            long end = Math.min(end(i, one), other.end(k, two));
            if (rule.takes(one, two)) {
                builder.add(at, end);
            }
            if (end == Long.MAX_VALUE) {
                break;
            }
            at = end + 1;
            i += i < size() && lasts[i] < at ? 1 : 0;
            k += k < other.size() && other.lasts[k] < at ? 1 : 0;
        }
        return builder.build();
    }

    /** The last hash up to which nothing changes. */
    private long end(int range, boolean inside) {
        return range == size() ? Long.MAX_VALUE : inside ? lasts[range] : firsts[range] - 1;
    }

    /** Takes ranges in ascending order, and joins those that touch. */
    static final class Builder {
        private long[] firsts = new long[16];
        private long[] lasts = new long[16];
        private int size;

        void add(long first, long last) {
            if (size > 0 && lasts[size - 1] + 1 == first) {
                lasts[size - 1] = last;
                return;
            }
            if (size == firsts.length) {
                firsts = Arrays.copyOf(firsts, 2 * size);
                lasts = Arrays.copyOf(lasts, 2 * size);
            }
            firsts[size] = first;
            lasts[size++] = last;
        }

        Ranges build() {
            return size == 0 ? NONE : new Ranges(Arrays.copyOf(firsts, size), Arrays.copyOf(lasts, size));
        }
    }
}
