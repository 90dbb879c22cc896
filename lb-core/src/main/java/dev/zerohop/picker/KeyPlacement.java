package dev.zerohop.picker;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.ShardCount;
import dev.zerohop.ShardPlacement;
import dev.zerohop.internal.JumpHash;
import dev.zerohop.internal.OptionsText;
import java.util.Arrays;
import java.util.Optional;

/** A {@link ShardPlacement} prepared to place many keys, with the results of the policy {@code shard}. Immutable, thread-safe. */
public abstract sealed class KeyPlacement {
    private final String strategy;

    private KeyPlacement(String strategy) {
        this.strategy = strategy;
    }

    /**
     * Lays a placement out.
     *
     * @param counted how keys come to a counted shard: {@link ShardPolicy.Strategy#JUMP} or {@link ShardPolicy.Strategy#MODULO}; explicit maps bring their own
     * @throws IllegalArgumentException if it is another strategy
     */
    public static KeyPlacement of(ShardPolicy.Strategy counted, ShardPlacement placement) {
        if (!requireNonNull(counted, "counted").counts()) {
            throw new IllegalArgumentException("strategy was " + counted + ", expected JUMP or MODULO");
        }
        return placement instanceof ShardCount count
                ? counted(counted, count.count(), count.firstOrdinal())
                : explicit(placement);
    }

    static KeyPlacement counted(ShardPolicy.Strategy strategy, int shards, int firstOrdinal) {
        return strategy == ShardPolicy.Strategy.MODULO
                ? new Modulo(shards, firstOrdinal)
                : new Jump(shards, firstOrdinal);
    }

    static KeyPlacement explicit(ShardPlacement placement) {
        // A chain, since switching over types needs a later Java.
        if (placement instanceof ShardPlacement.Ranges ranges) {
            return new Slots(ranges);
        }
        if (placement instanceof ShardPlacement.Lookup lookup) {
            return new Table(lookup);
        }
        return new PrefixTable((ShardPlacement.Prefixes) placement);
    }

    /** The ordinal that owns the key; {@link Endpoint#NO_ORDINAL} if the placement names none. */
    public abstract int ordinal(EndpointSelector key);

    /** How the key comes to its ordinal, or why it does not. */
    abstract String why(EndpointSelector key);

    /** The strategy's name in configurations. */
    final String strategy() {
        return strategy;
    }

    /** A key as errors show it: quoted if it is text. */
    static String quoted(EndpointSelector key) {
        String text = key.text();
        return text != null ? '"' + text + '"' : Long.toString(key.number());
    }

    private static String textOf(EndpointSelector key) {
        String text = key.text();
        return text != null ? text : Long.toString(key.number());
    }

    private static String hex(long hash) {
        return String.format("%016x", hash);
    }

    private static String startingAt(int firstOrdinal) {
        return firstOrdinal == 0 ? "" : ", ordinals start at " + firstOrdinal;
    }

    private static String defaultOf(Optional<Integer> otherwise) {
        return " and there is " + (otherwise.isPresent() ? "a" : "no") + " default";
    }

    /** {@code zerohop-shard/v1}. */
    private static final class Jump extends KeyPlacement {
        private final int shards;
        private final int firstOrdinal;

        Jump(int shards, int firstOrdinal) {
            super("jump");
            this.shards = shards;
            this.firstOrdinal = firstOrdinal;
        }

        @Override
        public int ordinal(EndpointSelector key) {
            return JumpHash.bucket(key.hash(), shards) + firstOrdinal;
        }

        @Override
        String why(EndpointSelector key) {
            return "zerohop-shard/v1: XXH64 of the key is " + hex(key.hash()) + ", jump hash over " + shards
                    + " shards gives bucket " + JumpHash.bucket(key.hash(), shards) + startingAt(firstOrdinal);
        }
    }

    /** The integer itself. */
    private static final class Modulo extends KeyPlacement {
        private final int shards;
        private final int firstOrdinal;

        Modulo(int shards, int firstOrdinal) {
            super("modulo");
            this.shards = shards;
            this.firstOrdinal = firstOrdinal;
        }

        @Override
        public int ordinal(EndpointSelector key) {
            return key.text() != null ? Endpoint.NO_ORDINAL : Math.floorMod(key.number(), shards) + firstOrdinal;
        }

        @Override
        String why(EndpointSelector key) {
            if (key.text() != null) {
                return "modulo placement was given the text key " + key + ", expected an integer key";
            }
            return "modulo: " + key.number() + " mod " + shards + " is " + Math.floorMod(key.number(), shards)
                    + startingAt(firstOrdinal);
        }
    }

    /** Hash slots with the owner of each. */
    private static final class Slots extends KeyPlacement {
        private final ShardPlacement.Ranges ranges;
        private final int[] ordinalOf;

        Slots(ShardPlacement.Ranges ranges) {
            super("ranges");
            this.ranges = ranges;
            this.ordinalOf = new int[ranges.slots()];
            Arrays.fill(ordinalOf, ranges.otherwise().orElse(Endpoint.NO_ORDINAL));
            for (ShardPlacement.Range range : ranges.ranges()) {
                Arrays.fill(ordinalOf, range.from(), range.to() + 1, range.ordinal());
            }
        }

        private int slot(EndpointSelector key) {
            return (int) Long.remainderUnsigned(key.hash(), ordinalOf.length);
        }

        @Override
        public int ordinal(EndpointSelector key) {
            return ordinalOf[slot(key)];
        }

        @Override
        String why(EndpointSelector key) {
            int slot = slot(key);
            return "ranges: XXH64 of the key is " + hex(key.hash()) + ", slot " + slot + " of " + ordinalOf.length
                    + ranges.ranges().stream()
                            .filter(range -> range.from() <= slot && slot <= range.to())
                            .findFirst()
                            .map(range -> " is in range " + range.from() + "-" + range.to())
                            .orElse(" is in no range and goes to the default");
        }

        @Override
        public String toString() {
            return new OptionsText("ranges")
                    .with("slots", ranges.slots())
                    .with("ranges", ranges.ranges().size())
                    .with("default", ranges.otherwise())
                    .toString();
        }
    }

    /** A table of keys. */
    private static final class Table extends KeyPlacement {
        private final ShardPlacement.Lookup lookup;

        Table(ShardPlacement.Lookup lookup) {
            super("lookup");
            this.lookup = lookup;
        }

        @Override
        public int ordinal(EndpointSelector key) {
            Integer ordinal = lookup.table().get(textOf(key));
            return ordinal != null ? ordinal : lookup.otherwise().orElse(Endpoint.NO_ORDINAL);
        }

        @Override
        String why(EndpointSelector key) {
            return "lookup: key " + quoted(key)
                    + (lookup.table().containsKey(textOf(key))
                            ? " is in the table"
                            : " is none of the " + lookup.table().size() + " keys of the table"
                                    + defaultOf(lookup.otherwise()));
        }

        @Override
        public String toString() {
            return new OptionsText("lookup")
                    .with("keys", lookup.table().size())
                    .with("default", lookup.otherwise())
                    .toString();
        }
    }

    /** A table of prefixes, laid out for a binary search. */
    private static final class PrefixTable extends KeyPlacement {
        private final Optional<Integer> otherwise;
        /** In order, so that whatever stands between a prefix and a key that has it also has that prefix. */
        private final String[] prefixes;

        private final int[] ordinals;
        /** For each prefix, the longest other one that it begins with, or -1. */
        private final int[] shorter;

        PrefixTable(ShardPlacement.Prefixes placement) {
            super("prefix");
            this.otherwise = placement.otherwise();
            this.prefixes = placement.table().keySet().stream().sorted().toArray(String[]::new);
            this.ordinals = new int[prefixes.length];
            this.shorter = new int[prefixes.length];
            for (int i = 0; i < prefixes.length; i++) {
                ordinals[i] = placement.table().getOrDefault(prefixes[i], Endpoint.NO_ORDINAL);
                shorter[i] = withPrefix(prefixes[i], i - 1);
            }
        }

        /** The longest of the prefixes up to {@code from} that a text has, or -1. */
        private int withPrefix(String text, int from) {
            int at = from;
            while (at >= 0 && !text.startsWith(prefixes[at])) {
                at = shorter[at];
            }
            return at;
        }

        private int longest(String text) {
            int at = Arrays.binarySearch(prefixes, text);
            return withPrefix(text, at >= 0 ? at : -at - 2);
        }

        @Override
        public int ordinal(EndpointSelector key) {
            int at = longest(textOf(key));
            return at >= 0 ? ordinals[at] : otherwise.orElse(Endpoint.NO_ORDINAL);
        }

        @Override
        String why(EndpointSelector key) {
            int at = longest(textOf(key));
            return at >= 0
                    ? "prefix: \"" + prefixes[at] + "\" is the longest prefix of key " + quoted(key)
                    : "prefix: key " + quoted(key) + " begins with none of the " + prefixes.length + " prefixes"
                            + defaultOf(otherwise);
        }

        @Override
        public String toString() {
            return new OptionsText("prefix")
                    .with("prefixes", prefixes.length)
                    .with("default", otherwise)
                    .toString();
        }
    }
}
