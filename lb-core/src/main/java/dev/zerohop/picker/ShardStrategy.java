package dev.zerohop.picker;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.ShardPlacement;
import dev.zerohop.internal.JumpHash;
import org.jspecify.annotations.Nullable;

/** From key to ordinal. Implementations are values. */
sealed interface ShardStrategy permits ShardStrategy.Jump, ShardStrategy.Modulo, SlotRanges, LookupTable, PrefixTable {

    /** The key is not one that the strategy can place. */
    int NOT_PLACED = Endpoint.NO_ORDINAL;

    /** The strategy of an explicit map; null for a count, which says nothing of how keys come to shards. */
    static @Nullable ShardStrategy of(ShardPlacement placement) {
        // A chain, since switching over types needs a later Java.
        if (placement instanceof ShardPlacement.Ranges ranges) {
            return new SlotRanges(ranges);
        }
        if (placement instanceof ShardPlacement.Lookup lookup) {
            return new LookupTable(lookup);
        }
        if (placement instanceof ShardPlacement.Prefixes prefixes) {
            return new PrefixTable(prefixes);
        }
        return null;
    }

    /** The strategy's name in configurations. */
    String name();

    /** Whether placement depends on the number of shards. */
    default boolean counts() {
        return false;
    }

    /**
     * The ordinal that owns a key, or {@link #NOT_PLACED}.
     *
     * @param shards at least 1 if the strategy {@linkplain #counts counts} them
     */
    int ordinal(EndpointSelector key, int shards, int firstOrdinal);

    /** How the key comes to its ordinal, or why it does not. */
    String why(EndpointSelector key, int shards, int firstOrdinal);

    /** {@code zerohop-shard/v1}. */
    record Jump() implements ShardStrategy {
        @Override
        public String name() {
            return "jump";
        }

        @Override
        public String toString() {
            return name();
        }

        @Override
        public boolean counts() {
            return true;
        }

        @Override
        public int ordinal(EndpointSelector key, int shards, int firstOrdinal) {
            return JumpHash.bucket(key.hash(), shards) + firstOrdinal;
        }

        @Override
        public String why(EndpointSelector key, int shards, int firstOrdinal) {
            return "zerohop-shard/v1: XXH64 of the key is " + hex(key.hash()) + ", jump hash over " + shards
                    + " shards gives bucket " + JumpHash.bucket(key.hash(), shards) + from(firstOrdinal);
        }
    }

    /** The integer itself. */
    record Modulo() implements ShardStrategy {
        @Override
        public String name() {
            return "modulo";
        }

        @Override
        public String toString() {
            return name();
        }

        @Override
        public boolean counts() {
            return true;
        }

        @Override
        public int ordinal(EndpointSelector key, int shards, int firstOrdinal) {
            return key.text() != null ? NOT_PLACED : Math.floorMod(key.number(), shards) + firstOrdinal;
        }

        @Override
        public String why(EndpointSelector key, int shards, int firstOrdinal) {
            if (key.text() != null) {
                return "modulo placement was given the text key " + key + ", expected an integer key";
            }
            return "modulo: " + key.number() + " mod " + shards + " is " + Math.floorMod(key.number(), shards)
                    + from(firstOrdinal);
        }
    }

    /** A hash as people see it. */
    static String hex(long hash) {
        return String.format("%016x", hash);
    }

    /** What the first ordinal adds to an explanation. */
    static String from(int firstOrdinal) {
        return firstOrdinal == 0 ? "" : ", ordinals start at " + firstOrdinal;
    }

    /** The text of a key of either kind. */
    static String textOf(EndpointSelector key) {
        String text = key.text();
        return text != null ? text : Long.toString(key.number());
    }

    /** A key as errors show it: quoted if it is text. */
    static String quoted(EndpointSelector key) {
        String text = key.text();
        return text != null ? '"' + text + '"' : Long.toString(key.number());
    }
}
