package dev.zerohop.resolver;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import dev.zerohop.Printable;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import org.jspecify.annotations.Nullable;

/** Reads JSON strictly: what is not expected is refused with its path, its value and what was expected. */
final class JsonInput implements AutoCloseable {
    /** Far above any real membership; keeps a wrong path from filling the heap. */
    static final long MAX_BYTES = 64L << 20;

    static final JsonFactory JSON = JsonFactory.builder()
            // The whole text is bounded, so that no part of it need be: what was written can be read.
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxDocumentLength(MAX_BYTES)
                    .maxStringLength((int) MAX_BYTES)
                    .maxNameLength((int) MAX_BYTES)
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private final JsonParser parser;

    JsonInput(byte[] utf8) throws IOException {
        parser = JSON.createParser(utf8);
    }

    /** Reads what is needed as it is needed, and closes the stream in the end. */
    JsonInput(InputStream utf8) throws IOException {
        parser = JSON.createParser(utf8);
    }

    /** Takes one field; anything but an expected name must be refused through {@link #unknown}. */
    @FunctionalInterface
    interface Field {
        void read(String name, String path) throws IOException;
    }

    /** Takes one element. */
    @FunctionalInterface
    interface Element {
        void read(String path) throws IOException;
    }

    /** Reads the whole text as one object and nothing behind it. */
    void document(Field field) throws IOException {
        document(path -> object(path, field));
    }

    /** Reads the whole text as one object, through {@code element}, and nothing behind it. */
    void document(Element element) throws IOException {
        try {
            JsonToken first = parser.nextToken();
            if (first == null) {
                throw new IOException("found an empty text, expected a JSON object");
            }
            element.read("");
            if (parser.nextToken() != null) {
                throw new IOException(
                        "found " + Printable.text(parser.getText(), 80) + " behind the JSON object, expected nothing");
            }
        } catch (StreamConstraintsException tooMuch) {
            // Bears no location.
            throw new IOException("more than can be read: " + Printable.text(tooMuch.getOriginalMessage()), tooMuch);
        } catch (JsonProcessingException malformed) {
            throw new IOException(
                    "not valid JSON at line " + malformed.getLocation().getLineNr() + ", column "
                            + malformed.getLocation().getColumnNr() + ": "
                            + Printable.text(malformed.getOriginalMessage()),
                    malformed);
        }
    }

    /** Reads the object that begins at the current token. */
    void object(String path, Field field) throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw refuse(path, "an object");
        }
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            field.read(name, path.isEmpty() ? name : path + "." + name);
        }
    }

    /** Reads the array that begins at the current token. */
    void array(String path, Element element) throws IOException {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw refuse(path, "an array");
        }
        for (int i = 0; parser.nextToken() != JsonToken.END_ARRAY; i++) {
            element.read(path + "[" + i + "]");
        }
    }

    String text(String path) throws IOException {
        if (parser.currentToken() != JsonToken.VALUE_STRING || parser.getText().isBlank()) {
            throw refuse(path, "a text that is not blank");
        }
        return parser.getText();
    }

    String anyText(String path) throws IOException {
        if (parser.currentToken() != JsonToken.VALUE_STRING) {
            throw refuse(path, "a text");
        }
        return parser.getText();
    }

    int number(String path, int min, int max) throws IOException {
        boolean whole = parser.currentToken() == JsonToken.VALUE_NUMBER_INT;
        boolean small = whole && parser.getNumberType() == JsonParser.NumberType.INT;
        if (!small || parser.getIntValue() < min || parser.getIntValue() > max) {
            throw refuse(path, "a whole number from " + min + " to " + max);
        }
        return parser.getIntValue();
    }

    long longNumber(String path) throws IOException {
        boolean whole = parser.currentToken() == JsonToken.VALUE_NUMBER_INT;
        if (!whole || parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
            throw refuse(path, "a whole number");
        }
        return parser.getLongValue();
    }

    long longNumber(String path, long min, long max) throws IOException {
        long number = longNumber(path);
        if (number < min || number > max) {
            throw refuse(path, "a whole number from " + min + " to " + max);
        }
        return number;
    }

    boolean bool(String path) throws IOException {
        if (parser.currentToken() != JsonToken.VALUE_TRUE && parser.currentToken() != JsonToken.VALUE_FALSE) {
            throw refuse(path, "true or false");
        }
        return parser.getBooleanValue();
    }

    boolean atNumber() {
        return parser.currentToken() == JsonToken.VALUE_NUMBER_INT
                || parser.currentToken() == JsonToken.VALUE_NUMBER_FLOAT;
    }

    /** The object that begins here, as JSON text again. */
    String objectText(String path) throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw refuse(path, "an object");
        }
        StringWriter out = new StringWriter();
        try (JsonGenerator generator = JSON.createGenerator(out)) {
            generator.copyCurrentStructure(parser);
        }
        return out.toString();
    }

    /** A field that nobody expects. */
    IOException unknown(String path, String expected) {
        return new IOException(Printable.text(path) + " is not known, expected " + expected);
    }

    IOException refuse(String path, String expected) throws IOException {
        return refuse(path, shown(), expected);
    }

    static IOException refuse(String path, @Nullable String shown, String expected) {
        return new IOException((path.isEmpty() ? "the document" : Printable.text(path)) + " was "
                + (shown == null ? null : Printable.text(shown)) + ", expected " + expected);
    }

    private String shown() throws IOException {
        JsonToken token = parser.currentToken();
        if (token == JsonToken.START_OBJECT) {
            return "an object";
        }
        if (token == JsonToken.START_ARRAY) {
            return "an array";
        }
        String text = String.valueOf(parser.getText());
        String brief = text.length() > 80 ? text.substring(0, 80) + "..." : text;
        return token == JsonToken.VALUE_STRING ? '"' + brief + '"' : brief;
    }

    @Override
    public void close() throws IOException {
        parser.close();
    }
}
