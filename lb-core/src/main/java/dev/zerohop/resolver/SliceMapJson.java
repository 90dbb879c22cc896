package dev.zerohop.resolver;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.zerohop.EndpointSet;
import dev.zerohop.ShardMap;
import dev.zerohop.SliceMap;
import dev.zerohop.json.JsonReader;
import dev.zerohop.json.JsonWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The JSON forms of an assignment of keys, as programs write them for programs: a base is a whole assignment, a {@linkplain SliceDelta delta} what one has changed, and the
 * {@linkplain SliceHead head} says which of them are in force. Fields that are not known are ignored; what is wrong is rejected whole, with its path, what was found and what was expected.
 *
 * <p>A base is {@code {"owners": [["<id>", <incarnation>], ...], "slices": [["<16 hexadecimal digits>", [<owners>], <since>, <load>], ...]}}: the low bound, the owners by their places in
 * the first list, none for a slice that inherits, since when they own it, and the load. A since of 0, or none, is the generation of this very value: who writes it does not know it yet.
 * Loads are written with four digits. A value above {@value #MAX_PLAIN} bytes is deflated (zlib); its first byte says which it is.
 *
 * <p>Stateless and thread-safe.
 */
public final class SliceMapJson {

    /** What is longer is deflated. */
    public static final int MAX_PLAIN = 100_000;

    /** The most that a deflated value may hold: some 500,000 slices. */
    public static final int MAX_INFLATED = 32 << 20;

    static final int LOAD_DIGITS = 4;

    /** The first byte of what is deflated: no JSON begins with it. */
    private static final byte ZLIB = 0x78;

    private static final MathContext LOAD = new MathContext(LOAD_DIGITS);

    private static final double WHOLE = 1e15;

    private SliceMapJson() {}

    // ---- bases ----

    /** An assignment as a base, deflated if it is long. */
    public static byte[] base(SliceMap map) {
        return bytes(out -> content(out, map));
    }

    /**
     * Reads a base.
     *
     * @param generation that of its write
     * @throws IllegalArgumentException if it is rejected
     */
    public static SliceMap parseBase(byte[] value, long generation) {
        Content content = new Content();
        object(value, content::field);
        return content.build("", generation);
    }

    /** An assignment with its generation, deflated if it is long. */
    public static byte[] whole(SliceMap map) {
        return bytes(out -> fields(out, map));
    }

    /**
     * Reads what {@link #whole} writes.
     *
     * @throws IllegalArgumentException if it is rejected
     */
    public static SliceMap parseWhole(byte[] value) {
        Content content = new Content();
        object(value, content::field);
        return content.build("", content.generation);
    }

    /** The assignment with its generation as an object, as files have it. */
    static void write(JsonGenerator out, SliceMap map) throws IOException {
        out.writeStartObject();
        fields(out, map);
        out.writeEndObject();
    }

    private static void fields(JsonGenerator out, SliceMap map) throws IOException {
        out.writeNumberField("generation", map.generation());
        content(out, map);
    }

    /** Reads what {@link #write} writes. */
    static SliceMap read(JsonReader in, String path) throws IOException {
        Content content = new Content();
        in.object(path, (name, at) -> content.field(in, name, at));
        try {
            return content.build(path, content.generation);
        } catch (IllegalArgumentException rejected) {
            throw new IOException(rejected.getMessage(), rejected);
        }
    }

    private static void content(JsonGenerator out, SliceMap map) throws IOException {
        out.writeArrayFieldStart("owners");
        for (SliceMap.Owner owner : map.owners()) {
            writeOwner(out, owner);
        }
        out.writeEndArray();
        out.writeArrayFieldStart("slices");
        for (int i = 0; i < map.size(); i++) {
            writeSlice(out, map, i);
        }
        out.writeEndArray();
    }

    /** What is read of a base. */
    private static final class Content {
        private long generation = SliceMap.DRAFT;
        private @Nullable List<SliceMap.Owner> owners;
        private @Nullable List<Slice> slices;

        void field(JsonReader in, String name) throws IOException {
            field(in, name, name);
        }

        void field(JsonReader in, String name, String path) throws IOException {
            switch (name) {
                case "generation" -> generation = in.integer(path, 1, ShardMap.MAX_EPOCH);
                case "owners" -> owners = owners(in, path);
                case "slices" -> slices = slices(in, path);
                default -> in.skip();
            }
        }

        SliceMap build(String path, long of) {
            String prefix = path.isEmpty() ? "" : path + ".";
            if (owners == null || slices == null) {
                throw new IllegalArgumentException(
                        prefix + (owners == null ? "owners" : "slices") + " was missing, expected an array");
            }
            if (of == SliceMap.DRAFT) {
                throw new IllegalArgumentException(prefix + "generation was missing, expected 1 or more");
            }
            SliceMap.Builder builder = SliceMap.builder().owners(owners);
            for (Slice slice : slices) {
                slice.addTo(builder, of);
            }
            return builder.build(of);
        }
    }

    // ---- parts of bases and deltas ----

    /** A slice as it stands in a value: its owners are places in a list that may come later. */
    static final class Slice {
        private final long low;
        private final int[] owners;
        private final long since;
        private final double load;

        Slice(long low, int[] owners, long since, double load) {
            this.low = low;
            this.owners = owners;
            this.since = since;
            this.load = load;
        }

        long low() {
            return low;
        }

        /** A since of 0 is the generation of the value. */
        void addTo(SliceMap.Builder builder, long generation) {
            if (since > generation) {
                throw new IllegalArgumentException("slice " + SliceMap.hex(low) + ": since was " + since
                        + ", expected at most the generation, " + generation);
            }
            builder.slice(low, since == SliceMap.DRAFT ? generation : since, load, owners);
        }
    }

    static List<SliceMap.Owner> owners(JsonReader in, String path) throws IOException {
        return in.array(path, at -> {
            var given = new Object() {
                @Nullable
                String id;

                long incarnation;
                int size;
            };
            in.array(at, part -> {
                switch (given.size++) {
                    case 0 -> given.id = in.text(part);
                    case 1 -> given.incarnation = in.integer(part, 0, Long.MAX_VALUE);
                    default -> in.skip();
                }
                return given.size;
            });
            if (given.id == null) {
                throw new IOException(at + " was empty, expected an id and an incarnation");
            }
            return new SliceMap.Owner(given.id, given.incarnation);
        });
    }

    private static List<Slice> slices(JsonReader in, String path) throws IOException {
        return in.array(path, SliceMap.MAX_SLICES, at -> slice(in, at));
    }

    static Slice slice(JsonReader in, String path) throws IOException {
        var given = new Object() {
            long low;
            int @Nullable [] owners;
            long since;
            double load;
            int size;
        };
        in.array(path, EndpointSet.MAX_ENDPOINTS, part -> {
            switch (given.size++) {
                case 0 -> given.low = bound(in, part);
                case 1 ->
                    given.owners =
                            in
                                    .array(
                                            part,
                                            SliceMap.MAX_REPLICAS,
                                            at -> in.integer(at, 0, EndpointSet.MAX_ENDPOINTS))
                                    .stream()
                                    .mapToInt(Integer::intValue)
                                    .toArray();
                case 2 -> given.since = in.integer(part, SliceMap.DRAFT, ShardMap.MAX_EPOCH);
                case 3 -> given.load = load(in, part);
                default -> in.skip();
            }
            return given.size;
        });
        int[] owners = given.owners;
        if (owners == null) {
            throw new IOException(path + " had " + given.size + " elements, expected a bound and an array of owners");
        }
        return new Slice(given.low, owners, given.since, given.load);
    }

    /** A bound: 16 hexadecimal digits. */
    static long bound(JsonReader in, String path) throws IOException {
        String digits = in.anyText(path);
        if (digits.length() == 16) {
            try {
                return Long.parseUnsignedLong(digits, 16);
            } catch (NumberFormatException none) {
                // Falls through: the sign that it allows makes fewer digits.
            }
        }
        throw in.rejected(path, "16 hexadecimal digits");
    }

    private static double load(JsonReader in, String path) throws IOException {
        if (!in.atNumber() || !(in.scalar() instanceof Number load)) {
            throw in.rejected(path, "a number of 0 or more");
        }
        return load.doubleValue();
    }

    static void writeOwner(JsonGenerator out, SliceMap.Owner owner) throws IOException {
        out.writeStartArray();
        out.writeString(owner.id());
        out.writeNumber(owner.incarnation());
        out.writeEndArray();
    }

    static void writeSlice(JsonGenerator out, SliceMap map, int slice) throws IOException {
        long since = map.since(slice);
        double load = rounded(map.load(slice));
        out.writeStartArray();
        out.writeString(SliceMap.hex(map.low(slice)));
        out.writeStartArray();
        for (int i = 0; i < map.replicas(slice); i++) {
            out.writeNumber(map.owner(slice, i));
        }
        out.writeEndArray();
        if (since != SliceMap.DRAFT || load != 0) {
            out.writeNumber(since);
        }
        if (load != 0) {
            if (load == Math.rint(load) && load < WHOLE) {
                out.writeNumber((long) load);
            } else {
                out.writeNumber(load);
            }
        }
        out.writeEndArray();
    }

    private static double rounded(double load) {
        return load == 0 ? 0 : new BigDecimal(load).round(LOAD).doubleValue();
    }

    // ---- values ----

    static void object(byte[] value, JsonReader.Member member) {
        try {
            JsonReader.object(inflated(value), member);
        } catch (IOException rejected) {
            throw new IllegalArgumentException(rejected.getMessage(), rejected);
        }
    }

    private static InputStream inflated(byte[] value) {
        InputStream in = new ByteArrayInputStream(value);
        return value.length > 0 && value[0] == ZLIB ? new Bounded(new InflaterInputStream(in)) : in;
    }

    static byte[] bytes(JsonWriter.Part fields) {
        try {
            ByteArrayOutputStream plain = new ByteArrayOutputStream();
            JsonWriter.object(plain, fields);
            if (plain.size() <= MAX_PLAIN) {
                return plain.toByteArray();
            }
            ByteArrayOutputStream deflated = new ByteArrayOutputStream();
            try (DeflaterOutputStream out = new DeflaterOutputStream(deflated)) {
                plain.writeTo(out);
            }
            return deflated.toByteArray();
        } catch (IOException impossible) {
            throw new UncheckedIOException("a text in memory cannot be written", impossible);
        }
    }

    /** A thousand bytes can inflate to a million. */
    private static final class Bounded extends FilterInputStream {
        private long read;

        Bounded(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            int next = super.read();
            count(next < 0 ? 0 : 1);
            return next;
        }

        @Override
        public int read(byte[] to, int from, int length) throws IOException {
            int count = super.read(to, from, length);
            count(Math.max(count, 0));
            return count;
        }

        private void count(int more) throws IOException {
            read += more;
            if (read > MAX_INFLATED) {
                throw new IOException("inflated to more than " + MAX_INFLATED + " bytes, expected at most that");
            }
        }
    }
}
