package dev.zerohop.picker;

import dev.zerohop.Options;
import dev.zerohop.internal.OptionsText;
import dev.zerohop.internal.Xxh64;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * The ring of Envoy and gRPC ("ketama"): the entries of an endpoint are XXH64 of its name, {@code _} and 0, 1, 2, and so on, more of them for more weight; a key belongs to the first
 * entry at or after its own hash, and behind the last entry to the first. Numbers are unsigned.
 *
 * <p>Source: Envoy's {@code ring_hash} load balancer and gRFC A42, which share one rule for the number of entries.
 */
final class HashRing implements KeyTable {
    static final int DEFAULT_MIN_SIZE = 1024;

    /** Envoy's limit, and the most that gRPC can be told to allow. */
    static final int MAX_SIZE = 8 * 1024 * 1024;

    /**
     * How many entries a ring has.
     *
     * @param min at least so many, if {@code max} allows
     * @param max about so many at the most
     */
    record Size(int min, int max) implements Layout {
        static final List<String> OPTIONS = List.of("minRingSize", "maxRingSize");

        Size {
            check("minRingSize", min);
            check("maxRingSize", max);
            if (min > max) {
                throw new IllegalArgumentException(
                        "minRingSize was " + min + ", expected at most maxRingSize, which is " + max);
            }
        }

        private static void check(String option, int size) {
            if (size < 1 || size > MAX_SIZE) {
                throw new IllegalArgumentException(option + " was " + size + ", expected 1 to " + MAX_SIZE);
            }
        }

        static Size read(Options options) {
            int max = options.integer("maxRingSize", MAX_SIZE, 1, MAX_SIZE);
            int min = options.integer("minRingSize", Math.min(DEFAULT_MIN_SIZE, max), 1, MAX_SIZE);
            if (min > max) {
                throw options.rejected("minRingSize", "at most maxRingSize, which is " + max);
            }
            return new Size(min, max);
        }

        @Override
        public String policy() {
            return "ring_hash";
        }

        @Override
        public OptionsText describe(OptionsText text) {
            return text.with("minRingSize", min).with("maxRingSize", max);
        }

        @Override
        public KeyTable lay(HashMembers members) {
            return new HashRing(members, this);
        }
    }

    /** Ascending as unsigned numbers. */
    private final long[] hashes;

    /** By position. */
    private final int[] owners;

    /** Where the entries begin whose highest bits are at least these. Hashes are even, so these say the position nearly alone. */
    private final int[] starts;

    private final int shift;

    HashRing(HashMembers members, Size size) {
        int[] order = members.byKey();
        int[] counts = counts(members, order, size);
        int total = Arrays.stream(counts).sum();
        // Two at least: entries of one bucket then have the same sign, and compare as they are.
        int bits = Math.max(1, 32 - Integer.numberOfLeadingZeros(total - 1));
        this.shift = Long.SIZE - bits;
        long[] raw = new long[total];
        int at = 0;
        for (int i = 0; i < order.length; i++) {
            at = hash(members.key(order[i]), counts[i], raw, at);
        }
        this.starts = starts(raw, bits);
        this.hashes = new long[total];
        this.owners = new int[total];
        scatter(raw, order, counts);
        sortBuckets();
    }

    /**
     * How many entries each gets: the lightest a whole number of them, such that there are {@code min} altogether; rounded along the way where others get fractions, or
     * {@code max} is less. In doubles as published, since the last bit may decide over an entry.
     */
    private static int[] counts(HashMembers members, int[] order, Size size) {
        long sum = 0;
        long least = Long.MAX_VALUE;
        for (int member : order) {
            sum += members.weight(member);
            least = Math.min(least, members.weight(member));
        }
        double lightest = (double) least / sum;
        double scale = Math.min(Math.ceil(lightest * size.min) / lightest, size.max);
        int[] counts = new int[order.length];
        double target = 0;
        int laid = 0;
        for (int i = 0; i < order.length; i++) {
            target += scale * ((double) members.weight(order[i]) / sum);
            int upTo = Math.max(laid, (int) Math.ceil(target));
            counts[i] = upTo - laid;
            laid = upTo;
        }
        return counts;
    }

    /** Hashes the entries of one name. The number behind it is counted up in place: a text for each of a million entries would cost more than its hash. */
    private static int hash(String key, int count, long[] into, int from) {
        byte[] name = key.getBytes(StandardCharsets.UTF_8);
        int digits = name.length + 1;
        byte[] text = Arrays.copyOf(name, digits + 10);
        text[name.length] = '_';
        text[digits] = '0';
        int length = digits + 1;
        for (int i = 0; i < count; i++) {
            into[from + i] = Xxh64.hash(text, 0, length, 0);
            int last = length - 1;
            while (last >= digits && text[last] == '9') {
                text[last--] = '0';
            }
            if (last >= digits) {
                text[last]++;
            } else {
                text[digits] = '1';
                text[length++] = '0';
            }
        }
        return from + count;
    }

    private int[] starts(long[] raw, int bits) {
        int[] starts = new int[(1 << bits) + 1];
        for (long hash : raw) {
            starts[(int) (hash >>> shift) + 1]++;
        }
        for (int i = 1; i < starts.length; i++) {
            starts[i] += starts[i - 1];
        }
        return starts;
    }

    private void scatter(long[] raw, int[] order, int[] counts) {
        int[] next = Arrays.copyOf(starts, starts.length - 1);
        int at = 0;
        for (int i = 0; i < order.length; i++) {
            for (int end = at + counts[i]; at < end; at++) {
                int position = next[(int) (raw[at] >>> shift)]++;
                hashes[position] = raw[at];
                owners[position] = order[i];
            }
        }
    }

    /** By insertion: a bucket has one entry on average. Equal hashes stay in the order of the names. */
    private void sortBuckets() {
        for (int i = 1; i < hashes.length; i++) {
            long hash = hashes[i];
            int owner = owners[i];
            int at = i;
            while (at > 0 && Long.compareUnsigned(hashes[at - 1], hash) > 0) {
                hashes[at] = hashes[at - 1];
                owners[at] = owners[at - 1];
                at--;
            }
            hashes[at] = hash;
            owners[at] = owner;
        }
    }

    @Override
    public int find(long hash) {
        int bucket = (int) (hash >>> shift);
        int position = starts[bucket];
        int end = starts[bucket + 1];
        while (position < end && hashes[position] < hash) {
            position++;
        }
        return position == hashes.length ? 0 : position;
    }

    @Override
    public int next(int position, long hash, int step) {
        return position + 1 == hashes.length ? 0 : position + 1;
    }

    @Override
    public int owner(int position) {
        return owners[position];
    }

    @Override
    public int size() {
        return hashes.length;
    }

    @Override
    public long mark(int position) {
        return hashes[position];
    }

    @Override
    public String describe(int position) {
        return "the first of " + hashes.length + " entries at or after it is "
                + Long.toUnsignedString(hashes[position], 16);
    }
}
