package dev.zerohop.sharding.plan;

import dev.zerohop.SliceMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How the load of a service lies over the hash space: a piecewise constant density, in which a hot key is an entry of its own of the width 1. An immutable value.
 *
 * <p>Bounds are unsigned numbers of 64 bits; the end of a range is exclusive, and 0 stands for the end of the hash space.
 */
public final class LoadMap {
    private static final double SPACE = 0x1p64;

    /** No load at all. */
    public static final LoadMap NONE = builder().build();

    /** Where each part begins, ascending; the first at 0. */
    private final long[] starts;

    private final double[] loads;

    /** The load in front of each part, and of all. */
    private final double[] before;

    private LoadMap(long[] starts, double[] loads) {
        this.starts = starts;
        this.loads = loads;
        this.before = new double[loads.length + 1];
        for (int i = 0; i < loads.length; i++) {
            before[i + 1] = before[i] + loads[i];
        }
    }

    /** Starts a map. */
    public static Builder builder() {
        return new Builder();
    }

    /** The load of the whole hash space. */
    public double total() {
        return before[loads.length];
    }

    /** The load of a range; never negative. Ranges that make up another have its load together, but for rounding. */
    public double load(long low, long high) {
        int first = part(low);
        int last = high == 0 ? loads.length - 1 : part(high - 1);
        if (first == last) {
            return loads[first] * (width(low, high) / width(first));
        }
        double head = loads[first] * (width(low, starts[first + 1]) / width(first));
        double tail = loads[last] * (width(starts[last], high) / width(last));
        return head + tail + (before[last] - before[first + 1]);
    }

    /**
     * Where a range is cut so that both parts have half of its load, as nearly as whole keys allow; in the middle if it has none.
     *
     * @return the first hash of the second part, strictly inside the range; {@code low} if the range is one key, which cannot be cut
     */
    public long cut(long low, long high) {
        if (high - low == 1) {
            return low;
        }
        double half = load(low, high) / 2;
        if (!(half > 0)) {
            return middle(low, high);
        }
        int last = high == 0 ? loads.length - 1 : part(high - 1);
        long from = low;
        double left = half;
        for (int i = part(low); i < last; i++) {
            double part = load(from, starts[i + 1]);
            if (left < part || (left == part && part > 0)) {
                return within(from, starts[i + 1], left / part, low, high);
            }
            left -= part;
            from = starts[i + 1];
        }
        double part = load(from, high);
        return within(from, high, part > 0 ? Math.min(1, left / part) : 0, low, high);
    }

    private long within(long from, long to, double share, long low, long high) {
        long at;
        if (to - from == 1) {
            // One key: it goes to the side that comes closer, and into the first part if it is what that begins with.
            at = share > 0.5 || (share == 0.5 && from == low) ? to : from;
        } else if (share == 0.5) {
            at = middle(from, to);
        } else if (share >= 1) {
            at = to;
        } else {
            at = from + unsigned(width(from, to) * share);
        }
        if (at == low) {
            return low + 1;
        }
        return at == high ? high - 1 : at;
    }

    private static long middle(long low, long high) {
        return low == high ? Long.MIN_VALUE : low + ((high - low) >>> 1);
    }

    private static long unsigned(double value) {
        return value >= 0x1p63 ? (long) (value - 0x1p63) + Long.MIN_VALUE : (long) value;
    }

    /**
     * This map with no less load anywhere than one that is spread evenly over the hash space. Where more was measured nothing is added: else members with hot keys, which have little of the
     * space, would be measured against a lower mean than others.
     */
    LoadMap atLeastEven(double load) {
        double[] more = loads.clone();
        for (int i = 0; i < more.length; i++) {
            more[i] = Math.max(more[i], load * (width(i) / SPACE));
        }
        return new LoadMap(starts, more);
    }

    /** The width of a range. */
    static double width(long low, long high) {
        long width = high - low;
        return width == 0 ? SPACE : width > 0 ? width : (double) (width >>> 1) * 2 + (width & 1);
    }

    private double width(int part) {
        return width(starts[part], part + 1 == starts.length ? 0 : starts[part + 1]);
    }

    private int part(long at) {
        int low = 0;
        int high = starts.length - 1;
        while (low < high) {
            int mid = (low + high + 1) >>> 1;
            if (Long.compareUnsigned(starts[mid], at) <= 0) {
                low = mid;
            } else {
                high = mid - 1;
            }
        }
        return low;
    }

    @Override
    public String toString() {
        return "load " + total() + " in " + loads.length + " parts";
    }

    /** Adds up what members report. Not thread-safe. */
    public static final class Builder {
        private record Entry(long low, long high, double load) {}

        private final List<Entry> entries = new ArrayList<>();

        private Builder() {}

        /**
         * Adds a load that is spread evenly over a range. Loads of ranges that overlap add up.
         *
         * @throws IllegalArgumentException if the range is turned round, or the load is negative or not finite
         */
        public Builder add(long low, long high, double load) {
            if (high != 0 && Long.compareUnsigned(low, high) >= 0) {
                throw new IllegalArgumentException("the range was " + SliceMap.hex(low) + " to " + SliceMap.hex(high)
                        + ", expected an end above its beginning, or 0 for the end of the hash space");
            }
            if (!(load >= 0) || load == Double.POSITIVE_INFINITY) {
                throw new IllegalArgumentException("load was " + load + ", expected 0 or more");
            }
            if (load > 0) {
                entries.add(new Entry(low, high, load));
            }
            return this;
        }

        /** Adds the load of one key. */
        public Builder key(long hash, double load) {
            return add(hash, hash + 1, load);
        }

        /** The sum of all. */
        public LoadMap build() {
            long[] bounds = new long[2 * entries.size() + 1];
            int count = 1;
            for (Entry entry : entries) {
                bounds[count++] = entry.low() ^ Long.MIN_VALUE;
                bounds[count++] = entry.high() ^ Long.MIN_VALUE;
            }
            bounds[0] = Long.MIN_VALUE;
            Arrays.sort(bounds, 0, count);
            long[] starts = new long[count];
            int size = 0;
            for (int i = 0; i < count; i++) {
                long bound = bounds[i] ^ Long.MIN_VALUE;
                if (size == 0 || starts[size - 1] != bound) {
                    starts[size++] = bound;
                }
            }
            LoadMap parts = new LoadMap(Arrays.copyOf(starts, size), new double[size]);
            for (Entry entry : entries) {
                parts.spread(entry);
            }
            return new LoadMap(parts.starts, parts.loads);
        }
    }

    private void spread(Builder.Entry entry) {
        int last = entry.high() == 0 ? loads.length - 1 : part(entry.high() - 1);
        double density = entry.load() / width(entry.low(), entry.high());
        for (int i = part(entry.low()); i <= last; i++) {
            loads[i] += density * width(i);
        }
    }
}
