package dev.zerohop.resolver;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.zerohop.Options;
import dev.zerohop.ShardCount;
import dev.zerohop.ShardMap;
import dev.zerohop.ShardMap.MovingKeys;
import dev.zerohop.ShardPlacement;
import dev.zerohop.ShardPlacement.Range;
import dev.zerohop.ShardPlacement.Ranges;
import dev.zerohop.json.JsonReader;
import dev.zerohop.json.JsonWriter;
import dev.zerohop.json.ShardPlacementFormat;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The JSON form of what a source states about shards, such as {@code {"epoch": 7, "count": 5, "firstOrdinal": 0}}. An explicit map has the form that the
 * policy {@code shard} has for its strategies {@code ranges}, {@code lookup} and {@code prefix}; a {@code move}, and {@code highestEpoch} where a move
 * was withdrawn, stand beside it. Stateless and thread-safe.
 */
public final class ShardMapJson {
    private static final List<String> MAP = List.of("epoch", "highestEpoch", "move");
    private static final List<String> MOVE = List.of("epoch", "keys");
    private static final List<String> COUNT = List.of("count", "firstOrdinal");
    private static final List<String> PLACEMENT =
            List.of("count", "firstOrdinal", "strategy", "slots", "ranges", "table", "prefixes", "default");
    private static final List<String> RANGE = List.of("from", "to", "ordinal");

    private ShardMapJson() {}

    /**
     * Reads one value.
     *
     * @throws IllegalArgumentException if anything is wrong with it; the message names the path, what was found and what was expected
     */
    public static ShardMap parse(byte[] utf8) {
        try {
            return JsonReader.value(new ByteArrayInputStream(utf8), in -> object(in, ""));
        } catch (IOException rejected) {
            throw new IllegalArgumentException(rejected.getMessage(), rejected);
        }
    }

    /** Reads a number, which is a count, or the object at the current token. */
    static ShardMap read(JsonReader in, String path) throws IOException {
        if (!in.atNumber()) {
            return object(in, path);
        }
        try {
            int count = Options.anyOf("", Map.of(path, in.scalar())).integer(path, 1, ShardPlacement.MAX_SHARDS);
            return ShardMap.of(new ShardCount(count, 0));
        } catch (IllegalArgumentException rejected) {
            throw new IOException(rejected.getMessage(), rejected);
        }
    }

    private static ShardMap object(JsonReader in, String path) throws IOException {
        if (!in.atObject()) {
            throw in.rejected(path, "an object");
        }
        try {
            return map(Options.anyOf(path, fields(in, path, MAP)));
        } catch (IllegalArgumentException rejected) {
            throw new IOException(rejected.getMessage(), rejected);
        }
    }

    /** Reads no more than a map may have: what is wrong is rejected where it stands, before the rest of a long text is read. */
    private static Map<String, @Nullable Object> fields(JsonReader in, String path, List<String> others)
            throws IOException {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        in.object(path, (name, at) -> {
            if (!others.contains(name) && !PLACEMENT.contains(name)) {
                throw JsonReader.unknown(at, String.join(", ", others) + ", " + String.join(", ", PLACEMENT));
            }
            if (in.atObject() && name.equals("move")) {
                fields.put(name, fields(in, at, MOVE));
            } else if (in.atObject() && (name.equals("table") || name.equals("prefixes"))) {
                Map<String, @Nullable Object> table = new LinkedHashMap<>();
                in.object(at, (key, value) -> table.put(key, in.scalar()));
                fields.put(name, table);
            } else if (in.atArray() && name.equals("ranges")) {
                int slots = fields.get("slots") instanceof Integer known && known > 0 && known < Ranges.MAX_SLOTS
                        ? known
                        : Ranges.MAX_SLOTS;
                fields.put(name, in.array(at, Ranges.MAX_SLOTS, element -> range(in, element, slots)));
            } else {
                fields.put(name, in.scalar());
            }
        });
        return fields;
    }

    private static Range range(JsonReader in, String path, int slots) throws IOException {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        if (in.atObject()) {
            in.object(path, (name, at) -> {
                if (!RANGE.contains(name)) {
                    throw JsonReader.unknown(at, String.join(", ", RANGE));
                }
                fields.put(name, in.scalar());
            });
            return ShardPlacementFormat.range(Options.anyOf(path, fields), slots);
        }
        return ShardPlacementFormat.range(Options.anyOf(path, in.scalar()), slots);
    }

    private static ShardMap map(Options fields) {
        ShardPlacement placement = placement(fields, MAP);
        long epoch = fields.has("epoch") ? epoch(fields, "epoch") : ShardMap.NO_EPOCH;
        long highest = fields.has("highestEpoch") ? epoch(fields, "highestEpoch") : ShardMap.NO_EPOCH;
        ShardMap.Move move = fields.has("move") ? move(fields.anyObject("move")) : null;
        try {
            return new ShardMap(epoch, placement, move, highest);
        } catch (IllegalArgumentException rejected) {
            String path = fields.path();
            throw new IllegalArgumentException((path.isEmpty() ? "" : path + ": ") + rejected.getMessage(), rejected);
        }
    }

    private static ShardMap.Move move(Options fields) {
        ShardPlacement placement = placement(fields, MOVE);
        if (!fields.has("epoch")) {
            throw ShardPlacementFormat.missing(fields, "epoch", "the epoch that comes");
        }
        return new ShardMap.Move(
                epoch(fields, "epoch"), placement, fields.enumValue("keys", MovingKeys.OLD_UNTIL_CUTOVER));
    }

    private static long epoch(Options fields, String name) {
        // A double holds every epoch exactly.
        if (fields.value(name) instanceof Number number) {
            double epoch = number.doubleValue();
            if (epoch == Math.rint(epoch) && epoch >= 0 && epoch <= ShardMap.MAX_EPOCH) {
                return (long) epoch;
            }
        }
        throw fields.rejected(name, "an integer from 0 to " + ShardMap.MAX_EPOCH);
    }

    /** {@code others} are the fields beside those of the placement. */
    private static ShardPlacement placement(Options fields, List<String> others) {
        if (fields.has("strategy")) {
            List<String> strategies = ShardPlacementFormat.strategies();
            if (!(fields.value("strategy") instanceof String strategy) || !strategies.contains(strategy)) {
                throw fields.rejected(
                        "strategy",
                        String.join(", ", strategies)
                                + ", or a count without a strategy, which the policy's own jump or modulo uses");
            }
            ShardPlacementFormat.checkFields(
                    fields, others, ShardPlacementFormat.fields(strategy), "the strategy is " + strategy);
            return ShardPlacementFormat.read(fields, strategy);
        }
        ShardPlacementFormat.checkFields(fields, others, COUNT, "no strategy is stated, so this is a count");
        if (!fields.has("count")) {
            throw ShardPlacementFormat.missing(fields, "count", "an integer of 1 or more, or a strategy");
        }
        return new ShardCount(
                ShardPlacementFormat.integer(fields, "count", 1),
                fields.integer("firstOrdinal", 0, 0, ShardPlacement.MAX_SHARDS));
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
        ShardPlacementFormat.write(out, map.placement());
        ShardMap.Move move = map.move();
        if (move != null) {
            out.writeObjectFieldStart("move");
            out.writeNumberField("epoch", move.epoch());
            ShardPlacementFormat.write(out, move.placement());
            out.writeStringField("keys", move.keys().name());
            out.writeEndObject();
        }
        if (map.highestEpoch() > (move == null ? map.epoch() : move.epoch())) {
            out.writeNumberField("highestEpoch", map.highestEpoch());
        }
        out.writeEndObject();
    }
}
