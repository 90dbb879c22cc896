package dev.zerohop;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An assignment of keys to endpoints: the hash space is cut into slices, and each slice names its owners. An immutable value.
 *
 * <p>The hash space are the values of {@link EndpointSelector#hash} read as unsigned numbers of 64 bits. Slices are half-open ranges of it, in ascending order, disjoint and complete:
 * each begins at its low bound and ends where the next begins. Several owners of a slice are replicas. A slice without an owner <em>inherits</em>: the map of shards of the source, or
 * the count of its shards, still says who owns its keys, as while a service goes over from one to the other.
 *
 * <p>Generations number the assignments of a service, and rise. All followers that know the same generation send the same key to the same owners.
 */
public final class SliceMap {

    /** The most slices. */
    public static final int MAX_SLICES = 200_000;

    /** The most owners of one slice. */
    public static final int MAX_REPLICAS = 10_000;

    /** The generation of an assignment that is not written yet. */
    public static final long DRAFT = 0;

    /** How many of the upper bits of a hash the index looks at: a slice is found in a few steps among tens of thousands. */
    private static final int INDEX_BITS = 12;

    /** Makes the order of unsigned numbers that of signed ones. */
    private static final long FLIP = Long.MIN_VALUE;

    private static final int[] NONE = {};

    /**
     * One run of an endpoint.
     *
     * @param id that of the {@link Endpoint}
     * @param incarnation tells two processes with the same id apart; the later one has the higher number
     */
    public record Owner(String id, long incarnation) {
        /**
         * Checks the id.
         *
         * @throws IllegalArgumentException if it can be no endpoint's
         */
        public Owner {
            String problem = Printable.problem(requireNonNull(id, "id"), Printable.MAX_NAME);
            if (problem != null || id.isBlank()) {
                throw new IllegalArgumentException("the id of an owner " + (problem == null ? "was blank" : problem));
            }
            if (incarnation < 0) {
                throw new IllegalArgumentException(
                        "the incarnation of " + id + " was " + incarnation + ", expected 0 or more");
            }
        }
    }

    private final long generation;
    private final List<Owner> owners;

    /** The low bounds, flipped; the first is that of 0. */
    private final long[] lows;

    /** Where the owners of each slice begin in {@link #owned}, and behind the last. */
    private final int[] starts;

    private final int[] owned;
    private final long[] since;
    private final double[] loads;

    /** By the upper bits of a flipped hash: the slice that has the first hash with them. */
    private final int[] index;

    private SliceMap(long generation, Builder from) {
        this.generation = generation;
        this.owners = List.copyOf(from.owners);
        this.lows = Arrays.copyOf(from.lows, from.size);
        this.starts = Arrays.copyOf(from.starts, from.size + 1);
        this.owned = Arrays.copyOf(from.owned, from.starts[from.size]);
        this.since = Arrays.copyOf(from.since, from.size);
        this.loads = Arrays.copyOf(from.loads, from.size);
        this.index = new int[(1 << INDEX_BITS) + 1];
        int slice = 0;
        for (int bucket = 0; bucket <= 1 << INDEX_BITS; bucket++) {
            long first = bucket == 1 << INDEX_BITS ? Long.MAX_VALUE : ((long) bucket << -INDEX_BITS) ^ FLIP;
            while (slice + 1 < lows.length && lows[slice + 1] <= first) {
                slice++;
            }
            index[bucket] = slice;
        }
    }

    private SliceMap(SliceMap draft, long generation) {
        this.generation = generation;
        this.owners = draft.owners;
        this.lows = draft.lows;
        this.starts = draft.starts;
        this.owned = draft.owned;
        this.loads = draft.loads;
        this.index = draft.index;
        this.since = draft.since.clone();
        for (int i = 0; i < since.length; i++) {
            since[i] = since[i] == DRAFT ? generation : since[i];
        }
    }

    /** Starts an assignment: name the owners, then the slices in ascending order. */
    public static Builder builder() {
        return new Builder();
    }

    /** The number of this assignment; {@link #DRAFT} before it is written. */
    public long generation() {
        return generation;
    }

    /** This draft as the assignment of a generation, 1 to {@link ShardMap#MAX_EPOCH}: what the draft has changed is so since then. */
    public SliceMap as(long written) {
        if (written <= DRAFT || written > ShardMap.MAX_EPOCH) {
            throw new IllegalArgumentException("generation was " + written + ", expected 1 to " + ShardMap.MAX_EPOCH);
        }
        return new SliceMap(this, written);
    }

    /**
     * This assignment as the one that follows {@code known}: of a higher generation, or the same.
     *
     * @param known the last one that was followed; null if this is the first
     * @throws IllegalArgumentException if it is of an earlier generation, or another assignment of the same one
     */
    public SliceMap following(@Nullable SliceMap known) {
        if (known == null || generation > known.generation) {
            return this;
        }
        if (equals(known)) {
            return known;
        }
        throw new IllegalArgumentException("generation was " + generation
                + (generation == known.generation ? " with another assignment than before" : "")
                + ", expected more than "
                + known.generation + ", the last one that was followed");
    }

    /** All that may own slices, sorted by id; also those that own none yet. */
    public List<Owner> owners() {
        return owners;
    }

    /** The place of an endpoint among the {@link #owners}; -1 if it is none. */
    public int ownerOf(String id) {
        int low = 0;
        int high = owners.size() - 1;
        while (low <= high) {
            int mid = (low + high) >>> 1;
            int order = owners.get(mid).id().compareTo(id);
            if (order == 0) {
                return mid;
            }
            if (order < 0) {
                low = mid + 1;
            } else {
                high = mid - 1;
            }
        }
        return -1;
    }

    /** How many slices there are; at least 1. */
    public int size() {
        return lows.length;
    }

    /** The slice of a hash. Looks at a few bounds and allocates nothing. */
    public int find(long hash) {
        long flipped = hash ^ FLIP;
        int bucket = (int) (hash >>> -INDEX_BITS);
        int low = index[bucket];
        int high = index[bucket + 1];
        while (low < high) {
            int mid = (low + high + 1) >>> 1;
            if (lows[mid] <= flipped) {
                low = mid;
            } else {
                high = mid - 1;
            }
        }
        return low;
    }

    /** The first hash of a slice, unsigned. */
    public long low(int slice) {
        return lows[slice] ^ FLIP;
    }

    /** The first hash behind a slice, unsigned; 0 for the last, which ends with the hash space. */
    public long high(int slice) {
        return slice + 1 == lows.length ? 0 : lows[slice + 1] ^ FLIP;
    }

    /** How many owners a slice has; 0 if it {@linkplain #inherits inherits}. */
    public int replicas(int slice) {
        return starts[slice + 1] - starts[slice];
    }

    /** The place among the {@link #owners} of an owner of a slice, 0 to {@link #replicas} - 1. */
    public int owner(int slice, int replica) {
        return owned[starts[slice] + replica];
    }

    /** Whether the one of the {@link #owners} owns a slice. */
    public boolean owns(int owner, int slice) {
        for (int i = starts[slice]; i < starts[slice + 1]; i++) {
            if (owned[i] == owner) {
                return true;
            }
        }
        return false;
    }

    /** Whether what the source says of shards still places the keys of a slice. */
    public boolean inherits(int slice) {
        return replicas(slice) == 0;
    }

    /** The generation since which the owners of a slice own all of it; {@link #DRAFT} if that is this draft. */
    public long since(int slice) {
        return since[slice];
    }

    /** The load of a slice when it was assigned, of all its owners together, in the unit that they report; 0 if it was not known. */
    public double load(int slice) {
        return loads[slice];
    }

    /** A slice for people: its bounds as hexadecimal numbers. */
    public String name(int slice) {
        long high = high(slice);
        return "[" + hex(low(slice)) + ", " + (high == 0 ? "end" : hex(high)) + ")";
    }

    /** A bound as 16 hexadecimal digits. */
    public static String hex(long bound) {
        String digits = Long.toHexString(bound);
        return "0".repeat(16 - digits.length()) + digits;
    }

    /** Whether both say the same of every key, whatever their generations, incarnations and loads are: the same bounds, and the same owners of each slice. */
    public boolean placesAs(SliceMap other) {
        if (this == other) {
            return true;
        }
        if (!Arrays.equals(lows, other.lows) || !Arrays.equals(starts, other.starts)) {
            return false;
        }
        for (int i = 0; i < owned.length; i++) {
            if (!owners.get(owned[i])
                    .id()
                    .equals(other.owners.get(other.owned[i]).id())) {
                return false;
            }
        }
        return true;
    }

    /** Equal are assignments with the same content: generation, owners with their incarnations, slices with their owners, since when, and loads. */
    @Override
    public boolean equals(Object other) {
        return this == other
                || (other instanceof SliceMap that
                        && generation == that.generation
                        && Arrays.equals(lows, that.lows)
                        && Arrays.equals(starts, that.starts)
                        && Arrays.equals(owned, that.owned)
                        && Arrays.equals(since, that.since)
                        && Arrays.equals(loads, that.loads)
                        && owners.equals(that.owners));
    }

    @Override
    public int hashCode() {
        return Long.hashCode(generation) * 31 + Arrays.hashCode(lows);
    }

    @Override
    public String toString() {
        return (generation == DRAFT ? "a draft" : "generation " + generation) + ": " + size() + " slices of "
                + owners.size() + " owners";
    }

    /** Builds a {@link SliceMap}. Not thread-safe. */
    public static final class Builder {
        private final List<Owner> owners = new ArrayList<>();
        private final Map<String, Integer> places = new HashMap<>();
        private long[] lows = new long[64];
        private long[] since = new long[64];
        private double[] loads = new double[64];
        private int[] starts = new int[65];
        private int[] owned = new int[64];
        private int size;

        /** By owner: the last slice that named it, counted from 1. */
        private int[] named = NONE;

        private Builder() {}

        /**
         * Names those that may own slices, in any order; the numbers by which {@link #slice} names owners are their places in this list. To be called once, before the slices.
         *
         * @throws IllegalArgumentException if two have the same id
         */
        public Builder owners(List<Owner> all) {
            if (size > 0 || !owners.isEmpty()) {
                throw new IllegalStateException("owners were named after a slice or twice, expected once and first");
            }
            owners.addAll(all);
            named = new int[owners.size()];
            for (int i = 0; i < owners.size(); i++) {
                if (places.put(owners.get(i).id(), i) != null) {
                    throw new IllegalArgumentException(
                            "owner " + owners.get(i).id() + " was named twice, expected once");
                }
            }
            return this;
        }

        /** Appends a slice without an owner: it inherits. */
        public Builder inherited(long low, long since) {
            return slice(low, since, 0, NONE);
        }

        /**
         * Appends the slice that begins at {@code low}, where the one before it ends.
         *
         * @param low unsigned, above that of the slice before; 0 for the first
         * @param since the generation since when these owners own all of it; {@link SliceMap#DRAFT} for the one that is being made
         * @param load that of all owners together; 0 if it is not known
         * @param owners places in the list of owners, all different; none for a slice that inherits
         * @throws IllegalArgumentException naming the slice, and what was expected
         */
        public Builder slice(long low, long since, double load, int... owners) {
            String what = "slice " + hex(low);
            if (size == 0 ? low != 0 : Long.compareUnsigned(low, lows[size - 1] ^ FLIP) <= 0) {
                throw new IllegalArgumentException(what + " came after "
                        + (size == 0 ? "none" : hex(lows[size - 1] ^ FLIP))
                        + ", expected the first at 0 and each above the one before");
            }
            if (size == MAX_SLICES) {
                throw new IllegalArgumentException("slices were more than " + MAX_SLICES + ", expected at most that");
            }
            if (since < DRAFT || since > ShardMap.MAX_EPOCH) {
                throw new IllegalArgumentException(
                        what + ": since was " + since + ", expected 0 to " + ShardMap.MAX_EPOCH);
            }
            if (!(load >= 0) || load == Double.POSITIVE_INFINITY) {
                throw new IllegalArgumentException(what + ": load was " + load + ", expected 0 or more");
            }
            if (owners.length > MAX_REPLICAS) {
                throw new IllegalArgumentException(
                        what + ": owners were " + owners.length + ", expected at most " + MAX_REPLICAS);
            }
            grow(owners.length);
            for (int i = 0; i < owners.length; i++) {
                checkOwner(what, owners[i]);
                owned[starts[size] + i] = owners[i];
            }
            lows[size] = low ^ FLIP;
            this.since[size] = since;
            loads[size] = load;
            size++;
            starts[size] = starts[size - 1] + owners.length;
            return this;
        }

        private void checkOwner(String what, int owner) {
            if (owner < 0 || owner >= owners.size()) {
                throw new IllegalArgumentException(what + ": owner was " + owner + ", expected 0 to "
                        + (owners.size() - 1) + ", a place in the list of owners");
            }
            if (named[owner] == size + 1) {
                throw new IllegalArgumentException(
                        what + ": owner " + owners.get(owner).id() + " was named twice, expected once");
            }
            named[owner] = size + 1;
        }

        private void grow(int more) {
            if (size == lows.length) {
                lows = Arrays.copyOf(lows, 2 * size);
                since = Arrays.copyOf(since, 2 * size);
                loads = Arrays.copyOf(loads, 2 * size);
                starts = Arrays.copyOf(starts, 2 * size + 1);
            }
            if (starts[size] + more > owned.length) {
                owned = Arrays.copyOf(owned, Math.max(2 * owned.length, starts[size] + more));
            }
        }

        /** The assignment as a {@linkplain SliceMap#DRAFT draft}. */
        public SliceMap build() {
            return build(DRAFT);
        }

        /**
         * The assignment of a generation, {@link SliceMap#DRAFT} for none.
         *
         * @throws IllegalArgumentException if there is no slice, or the generation is out of its range
         */
        public SliceMap build(long generation) {
            if (size == 0) {
                throw new IllegalArgumentException("slices were none, expected one at 0 at least");
            }
            if (generation < DRAFT || generation > ShardMap.MAX_EPOCH) {
                throw new IllegalArgumentException(
                        "generation was " + generation + ", expected 0 to " + ShardMap.MAX_EPOCH);
            }
            sortOwners();
            return new SliceMap(generation, this);
        }

        private void sortOwners() {
            List<Owner> sorted = new ArrayList<>(owners);
            sorted.sort((a, b) -> a.id().compareTo(b.id()));
            if (sorted.equals(owners)) {
                return;
            }
            int[] moved = new int[owners.size()];
            for (int i = 0; i < moved.length; i++) {
                moved[requireNonNull(places.get(sorted.get(i).id()))] = i;
            }
            for (int i = 0; i < starts[size]; i++) {
                owned[i] = moved[owned[i]];
            }
            owners.clear();
            owners.addAll(sorted);
            for (int i = 0; i < moved.length; i++) {
                places.put(owners.get(i).id(), i);
            }
        }

        /** The place of an owner in the list; null if it is not named. */
        public @Nullable Integer place(String id) {
            return places.get(id);
        }
    }
}
