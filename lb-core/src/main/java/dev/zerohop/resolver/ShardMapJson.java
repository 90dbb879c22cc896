package dev.zerohop.resolver;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.zerohop.ShardCount;
import dev.zerohop.ShardMap;
import dev.zerohop.ShardMap.MovingKeys;
import dev.zerohop.ShardPlacement;
import dev.zerohop.ShardPlacement.Lookup;
import dev.zerohop.ShardPlacement.Prefixes;
import dev.zerohop.ShardPlacement.Range;
import dev.zerohop.ShardPlacement.Ranges;
import dev.zerohop.json.JsonReader;
import dev.zerohop.json.JsonWriter;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The JSON form of what a source says about shards: {@code {"epoch": 7, "count": 5, "firstOrdinal": 0}}, or an explicit map in the form that the policy
 * {@code shard} has for its strategies {@code ranges}, {@code lookup} and {@code prefix}, a {@code move}, and {@code highestEpoch} where a move was withdrawn.
 * Stateless and thread-safe.
 */
public final class ShardMapJson {
    private static final String HIGHEST = "highestEpoch";

    /** What belongs to each strategy; a count has none. */
    private static final Map<String, List<String>> STRATEGIES = new TreeMap<>(Map.of(
            "ranges", List.of("slots", "ranges", "default"),
            "lookup", List.of("table", "default"),
            "prefix", List.of("prefixes", "default")));

    private static final List<String> COUNT = List.of("count", "firstOrdinal");
    private static final Set<String> FIELDS =
            Set.of("strategy", "count", "firstOrdinal", "slots", "ranges", "table", "prefixes", "default");

    private ShardMapJson() {}

    /**
     * Reads one value.
     *
     * @throws IllegalArgumentException if anything is wrong with it; the message names the path, what was found and what was expected
     */
    public static ShardMap parse(byte[] utf8) {
        try {
            return JsonReader.value(new ByteArrayInputStream(utf8), in -> object(in, ""));
        } catch (IOException refused) {
            throw new IllegalArgumentException(refused.getMessage(), refused);
        }
    }

    /** Reads a number, which is a count, or the object at the current token. */
    static ShardMap read(JsonReader in, String path) throws IOException {
        return in.atNumber()
                ? ShardMap.of(new ShardCount(in.integer(path, 1, ShardPlacement.MAX_SHARDS), 0))
                : object(in, path);
    }

    private static ShardMap object(JsonReader in, String path) throws IOException {
        Given given = new Given();
        ShardMap.Move[] move = new ShardMap.Move[1];
        long[] epoch = {ShardMap.NO_EPOCH};
        long[] highest = {ShardMap.NO_EPOCH};
        in.object(path, (name, at) -> {
            switch (name) {
                case "epoch" -> epoch[0] = in.integer(at, 0, ShardMap.MAX_EPOCH);
                case HIGHEST -> highest[0] = in.integer(at, 0, ShardMap.MAX_EPOCH);
                case "move" -> move[0] = move(in, at);
                default -> given.read(in, name, at, "epoch, highestEpoch, move, ");
            }
        });
        ShardPlacement placement = given.placement(path);
        try {
            return new ShardMap(epoch[0], placement, move[0], highest[0]);
        } catch (IllegalArgumentException refused) {
            throw refused(path, refused);
        }
    }

    private static ShardMap.Move move(JsonReader in, String path) throws IOException {
        Given given = new Given();
        long[] epoch = {ShardMap.NO_EPOCH};
        MovingKeys[] keys = {MovingKeys.OLD_UNTIL_CUTOVER};
        in.object(path, (name, at) -> {
            switch (name) {
                case "epoch" -> epoch[0] = in.integer(at, 0, ShardMap.MAX_EPOCH);
                case "keys" -> keys[0] = in.oneOf(at, List.of(MovingKeys.values()));
                default -> given.read(in, name, at, "epoch, keys, ");
            }
        });
        if (epoch[0] == ShardMap.NO_EPOCH) {
            throw JsonReader.missing(path, "epoch", "the epoch that comes");
        }
        return new ShardMap.Move(epoch[0], given.placement(path), keys[0]);
    }

    private static IOException refused(String path, IllegalArgumentException refused) {
        return new IOException((path.isEmpty() ? "" : path + ": ") + refused.getMessage(), refused);
    }

    /** The fields of one placement as they come, in any order. */
    private static final class Given {
        private final Map<String, Integer> numbers = new LinkedHashMap<>();
        private final Map<String, Map<String, Integer>> tables = new LinkedHashMap<>();
        private final List<Range> ranges = new ArrayList<>();
        private final List<String> names = new ArrayList<>();
        private @Nullable String strategy;

        void read(JsonReader in, String name, String path, String others) throws IOException {
            if (!FIELDS.contains(name)) {
                throw JsonReader.unknown(
                        path, others + "count, firstOrdinal, strategy, slots, ranges, table, prefixes or default");
            }
            names.add(name);
            switch (name) {
                case "strategy" -> strategy = strategy(in, path);
                case "count" -> numbers.put(name, in.integer(path, 1, ShardPlacement.MAX_SHARDS));
                case "slots" -> numbers.put(name, in.integer(path, 1, Ranges.MAX_SLOTS));
                case "firstOrdinal", "default" -> numbers.put(name, in.integer(path, 0, ShardPlacement.MAX_SHARDS));
                case "ranges" -> ranges.addAll(in.array(path, Ranges.MAX_SLOTS, at -> range(in, at)));
                default -> {
                    Map<String, Integer> table = new LinkedHashMap<>();
                    in.object(path, (key, at) -> table.put(key, in.integer(at, 0, ShardPlacement.MAX_SHARDS)));
                    tables.put(name, table);
                }
            }
        }

        private static String strategy(JsonReader in, String path) throws IOException {
            String word = in.anyText(path);
            if (!STRATEGIES.containsKey(word)) {
                throw in.refuse(
                        path,
                        String.join(", ", STRATEGIES.keySet())
                                + ", or a count without a strategy, which the policy's own jump or modulo uses");
            }
            return word;
        }

        private static Range range(JsonReader in, String path) throws IOException {
            Map<String, Integer> fields = new LinkedHashMap<>();
            in.object(path, (name, at) -> {
                switch (name) {
                    case "from", "to" -> fields.put(name, in.integer(at, 0, Ranges.MAX_SLOTS - 1));
                    case "ordinal" -> fields.put(name, in.integer(at, 0, ShardPlacement.MAX_SHARDS));
                    default -> throw JsonReader.unknown(at, "from, to or ordinal");
                }
            });
            return new Range(
                    required(fields, path, "from"), required(fields, path, "to"), required(fields, path, "ordinal"));
        }

        private static int required(Map<String, Integer> fields, String path, String name) throws IOException {
            Integer value = fields.get(name);
            if (value == null) {
                throw JsonReader.missing(path, name, "a whole number");
            }
            return value;
        }

        ShardPlacement placement(String path) throws IOException {
            List<String> own = strategy == null ? COUNT : STRATEGIES.getOrDefault(strategy, COUNT);
            for (String name : names) {
                if (!name.equals("strategy") && !own.contains(name)) {
                    throw new IOException((path.isEmpty() ? "" : path + ".") + name + " was given, expected only "
                            + String.join(", ", own)
                            + (strategy == null ? " where no strategy is" : " with the strategy " + strategy));
                }
            }
            Optional<Integer> otherwise = Optional.ofNullable(numbers.get("default"));
            try {
                if (strategy == null) {
                    if (!numbers.containsKey("count")) {
                        throw JsonReader.missing(path, "count", "a whole number of 1 or more, or a strategy");
                    }
                    return new ShardCount(required(numbers, path, "count"), numbers.getOrDefault("firstOrdinal", 0));
                }
                return switch (strategy) {
                    case "ranges" -> {
                        if (ranges.isEmpty()) {
                            throw new IllegalArgumentException(
                                    "ranges was empty or missing, expected a list of {\"from\", \"to\", \"ordinal\"}");
                        }
                        yield new Ranges(numbers.getOrDefault("slots", Ranges.DEFAULT_SLOTS), ranges, otherwise);
                    }
                    case "lookup" -> new Lookup(tables.getOrDefault("table", Map.of()), otherwise);
                    default -> new Prefixes(tables.getOrDefault("prefixes", Map.of()), otherwise);
                };
            } catch (IllegalArgumentException refused) {
                throw refused(path, refused);
            }
        }
    }

    /** The map as {@link #parse} reads it. */
    public static String write(ShardMap map) {
        return JsonWriter.value(out -> write(out, map));
    }

    /** Writes what {@link #read} reads. */
    static void write(JsonGenerator out, ShardMap map) throws IOException {
        out.writeStartObject();
        if (map.hasEpoch()) {
            out.writeNumberField("epoch", map.epoch());
        }
        write(out, map.placement());
        ShardMap.Move move = map.move();
        if (move != null) {
            out.writeObjectFieldStart("move");
            out.writeNumberField("epoch", move.epoch());
            write(out, move.placement());
            out.writeStringField("keys", move.keys().name());
            out.writeEndObject();
        }
        if (map.highestEpoch() > (move == null ? map.epoch() : move.epoch())) {
            out.writeNumberField(HIGHEST, map.highestEpoch());
        }
        out.writeEndObject();
    }

    private static void write(JsonGenerator out, ShardPlacement placement) throws IOException {
        if (placement instanceof ShardCount count) {
            out.writeNumberField("count", count.count());
            out.writeNumberField("firstOrdinal", count.firstOrdinal());
        } else if (placement instanceof Ranges ranges) {
            out.writeStringField("strategy", "ranges");
            out.writeNumberField("slots", ranges.slots());
            out.writeArrayFieldStart("ranges");
            for (Range range : ranges.ranges()) {
                out.writeStartObject();
                out.writeNumberField("from", range.from());
                out.writeNumberField("to", range.to());
                out.writeNumberField("ordinal", range.ordinal());
                out.writeEndObject();
            }
            out.writeEndArray();
            writeDefault(out, ranges.otherwise());
        } else if (placement instanceof Lookup lookup) {
            write(out, "lookup", "table", lookup.table(), lookup.otherwise());
        } else if (placement instanceof Prefixes prefixes) {
            write(out, "prefix", "prefixes", prefixes.table(), prefixes.otherwise());
        }
    }

    private static void write(
            JsonGenerator out, String strategy, String field, Map<String, Integer> table, Optional<Integer> otherwise)
            throws IOException {
        out.writeStringField("strategy", strategy);
        out.writeObjectFieldStart(field);
        for (Map.Entry<String, Integer> entry : new TreeMap<>(table).entrySet()) {
            out.writeNumberField(entry.getKey(), entry.getValue());
        }
        out.writeEndObject();
        writeDefault(out, otherwise);
    }

    private static void writeDefault(JsonGenerator out, Optional<Integer> otherwise) throws IOException {
        if (otherwise.isPresent()) {
            out.writeNumberField("default", otherwise.get());
        }
    }
}
