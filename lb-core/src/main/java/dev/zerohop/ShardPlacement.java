package dev.zerohop;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Which shard a key belongs to: by the number of shards, or by an explicit map from slots, keys or prefixes to ordinals. Immutable values; equal ones
 * place every key alike.
 */
public sealed interface ShardPlacement
        permits ShardCount, ShardPlacement.Ranges, ShardPlacement.Lookup, ShardPlacement.Prefixes {

    /** The most shards, and the highest ordinal that one can have, wherever they are stated: what walks all shards must end. */
    int MAX_SHARDS = 1_000_000;

    /** The placement in a few words, for explanations and errors. */
    String words();

    /** The highest ordinal that a key can be placed on. */
    int highestOrdinal();

    /** Slots {@code from} to {@code to}, both included, belong to {@code ordinal}. */
    record Range(int from, int to, int ordinal) {
        @Override
        public String toString() {
            return from + "-" + to + " on " + ordinal;
        }
    }

    /**
     * Ranges of hash slots. The slot of a key is its hash, unsigned, modulo the number of slots.
     *
     * @param slots number of slots, 1 to {@link #MAX_SLOTS}
     * @param ranges in order of slots; together they cover every slot, unless there is a default
     * @param otherwise the ordinal of slots in no range
     */
    record Ranges(int slots, List<Range> ranges, Optional<Integer> otherwise) implements ShardPlacement {
        /** The number of slots that Redis Cluster and its kind have. */
        public static final int DEFAULT_SLOTS = 16_384;

        /** The most slots. */
        public static final int MAX_SLOTS = 1 << 20;

        /**
         * Puts the ranges in order and checks them.
         *
         * @throws IllegalArgumentException naming the range or slot, and what was expected
         */
        public Ranges {
            if (slots < 1 || slots > MAX_SLOTS) {
                throw new IllegalArgumentException("slots was " + slots + ", expected 1 to " + MAX_SLOTS);
            }
            List<Range> ordered = new ArrayList<>(ranges);
            ordered.sort(Comparator.comparingInt(Range::from));
            ranges = List.copyOf(ordered);
            otherwise.ifPresent(ordinal -> checkOrdinal("default", ordinal));
            int free = 0;
            for (Range range : ranges) {
                String what = "range " + range.from() + "-" + range.to();
                checkOrdinal(what, range.ordinal());
                if (range.from() < 0 || range.to() < range.from() || range.to() >= slots) {
                    throw new IllegalArgumentException(what + ": expected 0 <= from <= to <= " + (slots - 1));
                }
                if (range.from() < free) {
                    throw new IllegalArgumentException(
                            what + ": slot " + range.from() + " belongs to another range as well, expected one owner");
                }
                if (range.from() > free) {
                    checkGap(free, range.from() - 1, slots, otherwise);
                }
                free = range.to() + 1;
            }
            if (free < slots) {
                checkGap(free, slots - 1, slots, otherwise);
            }
        }

        private static void checkGap(int from, int to, int slots, Optional<Integer> otherwise) {
            if (otherwise.isEmpty()) {
                throw new IllegalArgumentException("slots " + from + "-" + to
                        + " belong to no range, expected ranges for all of 0-" + (slots - 1) + " or a default");
            }
        }

        @Override
        public String words() {
            return ranges.size() + " ranges of " + slots + " slots";
        }

        @Override
        public int highestOrdinal() {
            return highest(ranges.stream().map(Range::ordinal), otherwise);
        }
    }

    /**
     * A table of keys, each as {@link KeyText} has them. An integer key is looked up by its decimal digits.
     *
     * @param table the ordinal of each key, at least one
     * @param otherwise the ordinal of all other keys; without it they cannot be placed
     */
    record Lookup(Map<String, Integer> table, Optional<Integer> otherwise) implements ShardPlacement {
        /**
         * Copies the table and checks it.
         *
         * @throws IllegalArgumentException naming the entry and what was expected
         */
        public Lookup {
            table = Map.copyOf(table);
            checkTable("lookup table", table, otherwise);
        }

        @Override
        public String words() {
            return "a table of " + table.size() + " keys";
        }

        @Override
        public int highestOrdinal() {
            return highest(table.values().stream(), otherwise);
        }
    }

    /**
     * A table of prefixes of keys, as {@link KeyText} has them, of which the longest wins. An integer key is taken by its decimal digits.
     *
     * @param table the ordinal of each prefix, at least one, none of them empty
     * @param otherwise the ordinal of keys that begin with none of them; without it they cannot be placed
     */
    record Prefixes(Map<String, Integer> table, Optional<Integer> otherwise) implements ShardPlacement {
        /**
         * Copies the table and checks it.
         *
         * @throws IllegalArgumentException naming the entry and what was expected
         */
        public Prefixes {
            table = Map.copyOf(table);
            checkTable("prefix table", table, otherwise);
            if (table.containsKey("")) {
                throw new IllegalArgumentException("prefix table had an empty prefix, expected a default instead");
            }
        }

        @Override
        public String words() {
            return "a table of " + table.size() + " prefixes";
        }

        @Override
        public int highestOrdinal() {
            return highest(table.values().stream(), otherwise);
        }
    }

    private static int highest(Stream<Integer> ordinals, Optional<Integer> otherwise) {
        return Stream.concat(ordinals, otherwise.stream())
                .max(Comparator.naturalOrder())
                .orElse(Endpoint.NO_ORDINAL);
    }

    private static void checkTable(String what, Map<String, Integer> table, Optional<Integer> otherwise) {
        requireNonNull(otherwise, "otherwise");
        if (table.isEmpty()) {
            throw new IllegalArgumentException(what + " was empty, expected at least one entry");
        }
        table.forEach((key, ordinal) -> {
            String problem = KeyText.problem(key);
            if (problem != null) {
                throw new IllegalArgumentException("a key of the " + what + " " + problem);
            }
            checkOrdinal(what + " entry \"" + Printable.text(key, 80) + '"', ordinal);
        });
        otherwise.ifPresent(ordinal -> checkOrdinal("default", ordinal));
    }

    private static void checkOrdinal(String what, int ordinal) {
        if (ordinal < 0 || ordinal > MAX_SHARDS) {
            throw new IllegalArgumentException(what + ": ordinal was " + ordinal + ", expected 0 to " + MAX_SHARDS);
        }
    }
}
