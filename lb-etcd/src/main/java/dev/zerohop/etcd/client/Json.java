package dev.zerohop.etcd.client;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import dev.zerohop.EndpointSet;
import dev.zerohop.Printable;
import java.io.IOException;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;

/** Reads one small JSON object; what is not expected is refused with its path, its value and what was expected. */
public final class Json {
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private final JsonParser parser;

    private Json(JsonParser parser) {
        this.parser = parser;
    }

    /** A text as JSON. */
    public static String quoted(String text) {
        return '"' + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
    }

    /** Takes the value of one field. */
    @FunctionalInterface
    public interface Field {
        void read(Json in, String name) throws IOException;
    }

    /** Takes one element of an array. */
    @FunctionalInterface
    public interface Element<T> {
        T read(String path) throws IOException;
    }

    /** Reads the whole text as one object, field by field, and nothing behind it. */
    public static void object(byte[] utf8, Field field) throws IOException {
        try (JsonParser parser = FACTORY.createParser(utf8)) {
            Json in = new Json(parser);
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw in.refuse("the value", "a JSON object");
            }
            in.fields(field);
            if (parser.nextToken() != null) {
                throw in.refuse("the text behind the object", "nothing");
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

    /** Reads an object within the text. */
    public void object(String path, Field field) throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw refuse(path, "an object");
        }
        fields(field);
    }

    private void fields(Field field) throws IOException {
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            field.read(this, name);
        }
    }

    /** Whether the value is an object. */
    public boolean atObject() {
        return parser.currentToken() == JsonToken.START_OBJECT;
    }

    /** The value as JSON again, without white space. */
    public String copy() throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator out = FACTORY.createGenerator(text)) {
            out.copyCurrentStructure(parser);
        }
        return text.toString();
    }

    public long number(String path, long min, long max) throws IOException {
        boolean whole = parser.currentToken() == JsonToken.VALUE_NUMBER_INT
                && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER;
        if (!whole || parser.getLongValue() < min || parser.getLongValue() > max) {
            throw refuse(path, "a whole number from " + min + " to " + max);
        }
        return parser.getLongValue();
    }

    boolean bool(String path) throws IOException {
        JsonToken token = parser.currentToken();
        if (token != JsonToken.VALUE_TRUE && token != JsonToken.VALUE_FALSE) {
            throw refuse(path, "true or false");
        }
        return token == JsonToken.VALUE_TRUE;
    }

    public String text(String path) throws IOException {
        if (parser.currentToken() != JsonToken.VALUE_STRING) {
            throw refuse(path, "a text");
        }
        return parser.getText();
    }

    public <T> List<T> array(String path, Element<T> element) throws IOException {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw refuse(path, "an array");
        }
        List<T> elements = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (elements.size() == EndpointSet.MAX_ENDPOINTS) {
                throw new IOException(
                        path + " had more than " + EndpointSet.MAX_ENDPOINTS + " elements, expected at most so many");
            }
            elements.add(element.read(path + "[" + elements.size() + "]"));
        }
        return elements;
    }

    /** Reads an object within, field by field. */
    public void fields(String path, Field field) throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw refuse(path, "an object");
        }
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            field.read(this, name);
        }
    }

    public void skip() throws IOException {
        parser.skipChildren();
    }

    /** A field that has no place there. */
    public static IOException unknown(String path, String expected) {
        return new IOException(Printable.text(path) + " is not known, expected " + expected);
    }

    public IOException refuse(String path, String expected) throws IOException {
        JsonToken token = parser.currentToken();
        String shown;
        if (token == null) {
            shown = "empty";
        } else if (token == JsonToken.START_OBJECT) {
            shown = "an object";
        } else if (token == JsonToken.START_ARRAY) {
            shown = "an array";
        } else {
            String text = parser.getText();
            shown = Printable.text(text, 80);
        }
        return new IOException(Printable.text(path) + " was " + shown + ", expected " + expected);
    }
}
