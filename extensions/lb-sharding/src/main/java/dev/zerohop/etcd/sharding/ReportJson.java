package dev.zerohop.etcd.sharding;

import dev.zerohop.SliceMap;
import dev.zerohop.json.JsonReader;
import dev.zerohop.json.JsonWriter;
import dev.zerohop.sharding.store.LoadReport;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * The value of a key with a report of load: {@code {"generation": 7, "window": 10000, "misdirected": 0.5, "slices": [["<low>", "<high>", <load>], ...], "keys":
 * [["<hash>", <load>], ...]}}, with places in the hash space as 16 hexadecimal digits. Programs write it for programs: fields that are not known are ignored.
 */
final class ReportJson {
    /** Far above what a member owns, and what it lists of hot keys. */
    private static final int MAX_ENTRIES = SliceMap.MAX_SLICES;

    private ReportJson() {}

    static String write(LoadReport report) {
        return JsonWriter.object(out -> {
            out.writeNumberField("generation", report.generation());
            out.writeNumberField("window", report.windowMillis());
            out.writeNumberField("misdirected", report.misdirected());
            out.writeArrayFieldStart("slices");
            for (LoadReport.SliceLoad slice : report.slices()) {
                out.writeStartArray();
                out.writeString(SliceMap.hex(slice.low()));
                out.writeString(SliceMap.hex(slice.high()));
                out.writeNumber(slice.load());
                out.writeEndArray();
            }
            out.writeEndArray();
            out.writeArrayFieldStart("keys");
            for (LoadReport.KeyLoad key : report.keys()) {
                out.writeStartArray();
                out.writeString(SliceMap.hex(key.hash()));
                out.writeNumber(key.load());
                out.writeEndArray();
            }
            out.writeEndArray();
        });
    }

    /** The report of a member; throws either exception if the value is rejected. */
    static LoadReport parse(String member, byte[] utf8) throws IOException {
        var given = new Object() {
            long generation;
            long window;
            double misdirected;
            final List<LoadReport.SliceLoad> slices = new ArrayList<>();
            final List<LoadReport.KeyLoad> keys = new ArrayList<>();
        };
        JsonReader.object(utf8, (in, name) -> {
            switch (name) {
                case "generation" -> given.generation = in.integer(name, SliceMap.DRAFT, Long.MAX_VALUE);
                case "window" -> given.window = in.integer(name, 0, Long.MAX_VALUE);
                case "misdirected" -> given.misdirected = load(in, name);
                case "slices" ->
                    given.slices.addAll(loads(
                            in, name, 2, part -> new LoadReport.SliceLoad(part.places[0], part.places[1], part.load)));
                case "keys" ->
                    given.keys.addAll(loads(in, name, 1, part -> new LoadReport.KeyLoad(part.places[0], part.load)));
                default -> in.skip();
            }
        });
        return new LoadReport(member, given.generation, given.window, given.slices, given.keys, given.misdirected);
    }

    /** Places in the hash space, and the load there. */
    private static final class Part {
        private final long[] places = new long[2];
        private double load;
        private int size;
    }

    private static <T> List<T> loads(JsonReader in, String path, int places, Function<Part, T> made)
            throws IOException {
        return in.array(path, MAX_ENTRIES, at -> {
            Part part = new Part();
            in.array(at, element -> {
                if (part.size < places) {
                    part.places[part.size] = place(in, element);
                } else if (part.size == places) {
                    part.load = load(in, element);
                } else {
                    in.skip();
                }
                return part.size++;
            });
            if (part.size <= places) {
                throw new IOException(at + " had " + part.size + " elements, expected " + (places + 1));
            }
            return made.apply(part);
        });
    }

    private static long place(JsonReader in, String path) throws IOException {
        String digits = in.anyText(path);
        try {
            if (digits.length() == 16) {
                return Long.parseUnsignedLong(digits, 16);
            }
        } catch (NumberFormatException none) {
            // Falls through.
        }
        throw in.rejected(path, "16 hexadecimal digits");
    }

    private static double load(JsonReader in, String path) throws IOException {
        if (in.atNumber() && in.scalar() instanceof Number number) {
            double load = number.doubleValue();
            if (load >= 0 && load < Double.POSITIVE_INFINITY) {
                return load;
            }
        }
        throw in.rejected(path, "a number of 0 or more");
    }
}
