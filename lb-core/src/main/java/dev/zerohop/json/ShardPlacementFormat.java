package dev.zerohop.json;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.zerohop.Options;
import dev.zerohop.ShardCount;
import dev.zerohop.ShardPlacement;
import dev.zerohop.ShardPlacement.Lookup;
import dev.zerohop.ShardPlacement.Prefixes;
import dev.zerohop.ShardPlacement.Range;
import dev.zerohop.ShardPlacement.Ranges;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/** The form of a {@link ShardPlacement}, in the options of the policy {@code shard} and in what sources state. Stateless and thread-safe. */
@SuppressWarnings("exports")
public final class ShardPlacementFormat {
    private static final Map<String, List<String>> EXPLICIT = new TreeMap<>(Map.of(
            "ranges", List.of("slots", "ranges", "default"),
            "lookup", List.of("table", "default"),
            "prefix", List.of("prefixes", "default")));

    private static final String[] RANGE = {"from", "to", "ordinal"};

    private ShardPlacementFormat() {}

    /** The names of the strategies that have an explicit map, in alphabetical order. */
    public static List<String> strategies() {
        return List.copyOf(EXPLICIT.keySet());
    }

    /** The fields of the map of an explicit strategy; empty for another one. */
    public static List<String> fields(String strategy) {
        return EXPLICIT.getOrDefault(strategy, List.of());
    }

    /**
     * Rejects the fields that belong to another strategy.
     *
     * @param common the fields that any strategy has
     * @param own those of this one
     * @param strategy how it was chosen, for the message
     */
    public static void checkFields(Options options, List<String> common, List<String> own, String strategy) {
        for (String name : options.names()) {
            if (!name.equals("strategy") && !common.contains(name) && !own.contains(name)) {
                throw options.rejected(name, "nothing: " + strategy + ", whose fields are " + String.join(", ", own));
            }
        }
    }

    /** Reads a number of shards or an ordinal, which must be there. */
    public static int integer(Options options, String name, int min) {
        return integer(options, name, min, ShardPlacement.MAX_SHARDS);
    }

    private static int integer(Options options, String name, int min, int max) {
        if (!options.has(name)) {
            throw missing(options, name, "an integer from " + min + " to " + max);
        }
        return options.integer(name, min, max);
    }

    /** What to throw when a field is not there. */
    public static IllegalArgumentException missing(Options options, String name, String expected) {
        return new IllegalArgumentException(options.path(name) + ": was missing, expected " + expected);
    }

    /**
     * Reads the map of an explicit strategy. Its ranges are objects, or {@link Range}s that {@link #range} has read.
     *
     * @throws IllegalArgumentException naming the path, what was found and what was expected
     */
    public static ShardPlacement read(Options options, String strategy) {
        Optional<Integer> otherwise =
                options.has("default") ? Optional.of(integer(options, "default", 0)) : Optional.empty();
        String field = fields(strategy).get(strategy.equals("ranges") ? 1 : 0);
        if (strategy.equals("ranges")) {
            int slots = options.integer("slots", Ranges.DEFAULT_SLOTS, 1, Ranges.MAX_SLOTS);
            List<Range> ranges = ranges(options, slots);
            return checked(options, field, () -> new Ranges(slots, ranges, otherwise));
        }
        Map<String, Integer> table = table(options, field);
        return checked(
                options,
                field,
                () -> strategy.equals("lookup") ? new Lookup(table, otherwise) : new Prefixes(table, otherwise));
    }

    private static ShardPlacement checked(Options options, String field, Supplier<ShardPlacement> placement) {
        try {
            return placement.get();
        } catch (IllegalArgumentException rejected) {
            throw new IllegalArgumentException(options.path(field) + ": " + rejected.getMessage(), rejected);
        }
    }

    private static List<Range> ranges(Options options, int slots) {
        String expected = "a list of {\"from\", \"to\", \"ordinal\"} that covers all slots";
        if (!options.has("ranges")) {
            throw missing(options, "ranges", expected);
        }
        List<?> list = options.list("ranges", expected);
        if (list.isEmpty()) {
            throw options.rejected("ranges", expected);
        }
        List<Range> ranges = new ArrayList<>();
        for (int i = 0; i < list.size(); i++) {
            String path = options.path("ranges") + "[" + i + "]";
            ranges.add(
                    list.get(i) instanceof Range range
                            ? within(range, path, slots)
                            : range(Options.of(path, list.get(i), RANGE), slots));
        }
        return ranges;
    }

    private static Range within(Range range, String path, int slots) {
        if (range.to() >= slots) {
            boolean from = range.from() >= slots;
            throw Options.rejected(
                    path + (from ? ".from" : ".to"),
                    from ? range.from() : range.to(),
                    "an integer from " + (from ? 0 : range.from()) + " to " + (slots - 1));
        }
        return range;
    }

    /** Reads one range; {@code slots} is the number of slots, or the largest if that is not known yet. */
    public static Range range(Options options, int slots) {
        int from = integer(options, "from", 0, slots - 1);
        return new Range(from, integer(options, "to", from, slots - 1), integer(options, "ordinal", 0));
    }

    private static Map<String, Integer> table(Options options, String field) {
        String expected = "an object of " + (field.equals("table") ? "keys" : field)
                + " and their ordinals with at least one entry";
        if (!options.has(field)) {
            throw missing(options, field, expected);
        }
        if (!(options.value(field) instanceof Map<?, ?> map) || map.isEmpty()) {
            throw options.rejected(field, expected);
        }
        Options entries = options.anyObject(field);
        Map<String, Integer> table = new LinkedHashMap<>();
        for (String name : entries.names()) {
            table.put(name, integer(entries, name, 0));
        }
        return table;
    }

    /** Writes the fields of a placement; those of a count are {@code count} and {@code firstOrdinal}. */
    public static void write(JsonGenerator out, ShardPlacement placement) throws IOException {
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
            write(out, "lookup", lookup.table(), lookup.otherwise());
        } else if (placement instanceof Prefixes prefixes) {
            write(out, "prefix", prefixes.table(), prefixes.otherwise());
        }
    }

    private static void write(
            JsonGenerator out, String strategy, Map<String, Integer> table, Optional<Integer> otherwise)
            throws IOException {
        out.writeStringField("strategy", strategy);
        out.writeObjectFieldStart(fields(strategy).get(0));
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
