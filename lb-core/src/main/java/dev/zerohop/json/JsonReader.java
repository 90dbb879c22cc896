package dev.zerohop.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import dev.zerohop.EndpointSet;
import dev.zerohop.Printable;
import dev.zerohop.internal.Scalars;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON strictly, value by value as it arrives: a repeated name, a second value and what is larger than {@link #MAX_BYTES} or deeper than
 * {@link #MAX_DEPTH} are rejected with the position, and a value that is not expected with its path, the value and what was expected. All of that is an
 * {@link IOException}. A number that is whole is an integer, however it is written: 3.0 is 3.
 *
 * <p>One reader reads one text on one thread; it is valid within the call that passes it on.
 */
@SuppressWarnings("exports")
public final class JsonReader {
    /** Far above any real membership; keeps a wrong path from filling the heap. */
    public static final long MAX_BYTES = 64L << 20;

    /** Far above what any value has that is read here. */
    public static final int MAX_DEPTH = 32;

    private static final int SHOWN = 80;

    /** How the JSON library names a position within its messages. */
    private static final Pattern POSITION = Pattern.compile("\\[Source: .*?; line: (\\d+), column: (\\d+)]");

    static final JsonFactory JSON = JsonFactory.builder()
            // The whole text is bounded, so that no part of it need be: what was written can be read.
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxDocumentLength(MAX_BYTES)
                    .maxNestingDepth(MAX_DEPTH)
                    .maxStringLength((int) MAX_BYTES)
                    .maxNameLength((int) MAX_BYTES)
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private final JsonParser parser;

    private JsonReader(JsonParser parser) {
        this.parser = parser;
    }

    /** Reads the value at which the reader stands. */
    @FunctionalInterface
    public interface Value<T> {
        T read(JsonReader in) throws IOException;
    }

    /** Reads one field of the outermost object; one that has no place there is rejected through {@link #unknown}, or {@linkplain #skip skipped}. */
    @FunctionalInterface
    public interface Member {
        void read(JsonReader in, String name) throws IOException;
    }

    /** Reads one field of an inner object. */
    @FunctionalInterface
    public interface Field {
        void read(String name, String path) throws IOException;
    }

    /** Reads one element of an array. */
    @FunctionalInterface
    public interface Element<T> {
        T read(String path) throws IOException;
    }

    /** Reads the whole text as one object and nothing behind it. */
    public static void object(byte[] utf8, Member member) throws IOException {
        object(new ByteArrayInputStream(utf8), member);
    }

    /** The same of a stream, which is read as it is needed, and closed in the end. */
    public static void object(InputStream utf8, Member member) throws IOException {
        var ignored = value(utf8, in -> {
            in.object("", (name, path) -> member.read(in, name));
            return in;
        });
    }

    /** Reads the whole of a stream as one value and nothing behind it. */
    public static <T> T value(InputStream utf8, Value<T> value) throws IOException {
        return value(JSON.createParser(utf8), value);
    }

    /**
     * Reads the whole text as maps in the order of their fields, lists, texts, doubles, booleans and nulls: the types that gRPC has.
     *
     * @throws IOException if it is no such text, or longer than {@code maxCharacters}
     */
    public static @Nullable Object tree(String json, int maxCharacters) throws IOException {
        if (json.length() > maxCharacters) {
            throw new IOException("was " + json.length() + " characters long, expected at most " + maxCharacters);
        }
        return value(JSON.createParser(json), in -> Optional.ofNullable(in.tree()))
                .orElse(null);
    }

    private static <T> T value(JsonParser text, Value<T> value) throws IOException {
        try (JsonParser parser = text) {
            if (parser.nextToken() == null) {
                throw new IOException("found an empty text, expected a JSON object");
            }
            T read = value.read(new JsonReader(parser));
            if (parser.nextToken() != null) {
                throw new IOException("found " + Printable.text(parser.getText(), SHOWN)
                        + " behind the JSON object, expected nothing");
            }
            return read;
        } catch (JsonProcessingException malformed) {
            throw malformed(malformed);
        }
    }

    private @Nullable Object tree() throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> {
                Map<String, @Nullable Object> fields = new LinkedHashMap<>();
                object("", (name, path) -> fields.put(name, tree()));
                yield fields;
            }
            case START_ARRAY -> {
                List<@Nullable Object> elements = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    elements.add(tree());
                }
                yield elements;
            }
            case VALUE_NULL -> null;
            case VALUE_TRUE, VALUE_FALSE -> parser.getBooleanValue();
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            default -> parser.getText();
        };
    }

    /**
     * The value that begins here, as {@link #tree(String, int)} has it; whole numbers as integers where they fit. Of an object or an array only which of the two it is,
     * and whether it is empty: it takes no memory.
     */
    public @Nullable Object scalar() throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> skipped(JsonToken.END_OBJECT) ? Map.of() : Map.of("", "");
            case START_ARRAY -> skipped(JsonToken.END_ARRAY) ? List.of() : List.of("");
            case VALUE_NUMBER_INT ->
                parser.getNumberType() == JsonParser.NumberType.INT
                        ? (Object) parser.getIntValue()
                        : parser.getDoubleValue();
            default -> tree();
        };
    }

    /** Passes over what begins here; says whether it was empty. */
    private boolean skipped(JsonToken end) throws IOException {
        boolean empty = true;
        while (parser.nextToken() != end) {
            empty = false;
            skip();
        }
        return empty;
    }

    /** A text that is not JSON, or more than can be read. */
    public static final class MalformedException extends IOException {
        private final String withoutText;

        private MalformedException(String withoutText, String text, JsonProcessingException cause) {
            super(withoutText + text, cause);
            this.withoutText = withoutText;
        }

        /** What is wrong and where, without what stands there: for texts that may hold a secret. */
        public String withoutText() {
            return withoutText;
        }
    }

    /** What is wrong with a text that the JSON library rejected, and where. */
    public static MalformedException malformed(JsonProcessingException thrown) {
        String words =
                Printable.text(POSITION.matcher(thrown.getOriginalMessage()).replaceAll("line $1, column $2"));
        if (thrown instanceof StreamConstraintsException) {
            // Bears no location.
            return new MalformedException("more than can be read", ": " + words, thrown);
        }
        String at = " at line " + thrown.getLocation().getLineNr() + ", column "
                + thrown.getLocation().getColumnNr();
        return words.startsWith("Unexpected end-of-input")
                ? new MalformedException("not valid JSON: ends too early" + at, "", thrown)
                : new MalformedException("not valid JSON" + at, ": " + words, thrown);
    }

    /** Reads the object that begins here. */
    public void object(String path, Field field) throws IOException {
        if (!atObject()) {
            throw rejected(path, "an object");
        }
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            field.read(name, path.isEmpty() ? name : path + "." + name);
        }
    }

    /** Reads the array that begins here, of at most as many elements as a set may have endpoints. */
    public <T> List<T> array(String path, Element<T> element) throws IOException {
        return array(path, EndpointSet.MAX_ENDPOINTS, element);
    }

    /** Reads the array that begins here; one with more than {@code most} elements is rejected before the rest is read. */
    public <T> List<T> array(String path, int most, Element<T> element) throws IOException {
        if (!atArray()) {
            throw rejected(path, "an array");
        }
        List<T> elements = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (elements.size() == most) {
                throw new IOException(path + " had more than " + most + " elements, expected at most so many");
            }
            elements.add(element.read(path + "[" + elements.size() + "]"));
        }
        return elements;
    }

    /** A text that is not blank. */
    public String text(String path) throws IOException {
        if (parser.currentToken() != JsonToken.VALUE_STRING || parser.getText().isBlank()) {
            throw rejected(path, "a text that is not blank");
        }
        return parser.getText();
    }

    /** Any text. */
    public String anyText(String path) throws IOException {
        if (parser.currentToken() != JsonToken.VALUE_STRING) {
            throw rejected(path, "a text");
        }
        return parser.getText();
    }

    /** One of these constants, by its name. */
    public <E extends Enum<E>> E oneOf(String path, Collection<E> constants) throws IOException {
        String name = anyText(path);
        for (E constant : constants) {
            if (constant.name().equals(name)) {
                return constant;
            }
        }
        throw rejected(path, constants.stream().map(Enum::name).collect(Collectors.joining(" or ")));
    }

    public int integer(String path, int min, int max) throws IOException {
        return (int) integer(path, (long) min, max);
    }

    public long integer(String path, long min, long max) throws IOException {
        long whole = min;
        boolean known = false;
        if (parser.currentToken() == JsonToken.VALUE_NUMBER_FLOAT) {
            known = Scalars.isInteger(parser.getDoubleValue());
            whole = (long) parser.getDoubleValue();
        } else if (parser.currentToken() == JsonToken.VALUE_NUMBER_INT
                && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
            known = true;
            whole = parser.getLongValue();
        }
        if (!known || whole < min || whole > max) {
            throw rejected(path, "a whole number from " + min + " to " + max);
        }
        return whole;
    }

    public boolean bool(String path) throws IOException {
        JsonToken token = parser.currentToken();
        if (token != JsonToken.VALUE_TRUE && token != JsonToken.VALUE_FALSE) {
            throw rejected(path, "true or false");
        }
        return token == JsonToken.VALUE_TRUE;
    }

    public Instant instant(String path) throws IOException {
        try {
            return Instant.parse(anyText(path));
        } catch (DateTimeParseException malformed) {
            throw rejected(path, "an instant, such as 2026-01-31T12:00:00Z");
        }
    }

    /** A time such as {@code 10s}, at least {@code min}. */
    public Duration duration(String path, Duration min, Duration max) throws IOException {
        Duration duration = Scalars.duration(anyText(path), min, max);
        if (duration == null) {
            throw rejected(path, Scalars.expectedDuration(min, max));
        }
        return duration;
    }

    public boolean atNumber() {
        return parser.currentToken().isNumeric();
    }

    public boolean atArray() {
        return parser.currentToken() == JsonToken.START_ARRAY;
    }

    public boolean atObject() {
        return parser.currentToken() == JsonToken.START_OBJECT;
    }

    /** The object that begins here, as JSON again, without white space. */
    public String objectText(String path) throws IOException {
        if (!atObject()) {
            throw rejected(path, "an object");
        }
        return copy();
    }

    /** The value that begins here, as JSON again, without white space. */
    public String copy() throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator out = JSON.createGenerator(text)) {
            out.copyCurrentStructure(parser);
        }
        return text.toString();
    }

    /** Passes over the value that begins here. */
    public void skip() throws IOException {
        parser.skipChildren();
    }

    /** A field that has no place there. Its value is not shown: it may be a secret at a wrong place. */
    public static IOException unknown(String path, String expected) {
        return new IOException(Printable.text(path) + " is not known, expected " + expected);
    }

    /** A field that is not there. */
    public static IOException missing(String path, String name, String expected) {
        return new IOException((path.isEmpty() ? "" : path + ".") + name + " was missing, expected " + expected);
    }

    /** The value at which the reader stands, which is not what was expected. */
    public IOException rejected(String path, String expected) throws IOException {
        return rejected(path, shown(), expected);
    }

    /** A value as it is to be shown, which is not what was expected. */
    public static IOException rejected(String path, String shown, String expected) {
        return new IOException((path.isEmpty() ? "the document" : Printable.text(path)) + " was "
                + Printable.text(shown) + ", expected " + expected);
    }

    private String shown() throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> "an object";
            case START_ARRAY -> "an array";
            case END_ARRAY -> "an empty array";
            case VALUE_STRING -> '"' + brief() + '"';
            default -> brief();
        };
    }

    private String brief() throws IOException {
        String text = parser.getText();
        return text.length() > SHOWN ? text.substring(0, SHOWN) + "..." : text;
    }
}
