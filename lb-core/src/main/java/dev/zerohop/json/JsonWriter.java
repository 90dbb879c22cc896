package dev.zerohop.json;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Collection;

/** Writes what {@link JsonReader} reads, on one line and without white space. Stateless and thread-safe. */
@SuppressWarnings("exports")
public final class JsonWriter {
    private JsonWriter() {}

    /** Writes the fields of an object, or one value. */
    @FunctionalInterface
    public interface Part {
        void write(JsonGenerator out) throws IOException;
    }

    /** An object as text. */
    public static String object(Part fields) {
        return value(out -> {
            out.writeStartObject();
            fields.write(out);
            out.writeEndObject();
        });
    }

    /** A value as text. */
    public static String value(Part value) {
        StringWriter text = new StringWriter();
        try (JsonGenerator out = JsonReader.JSON.createGenerator(text)) {
            value.write(out);
        } catch (IOException impossible) {
            throw new UncheckedIOException("a text in memory cannot be written", impossible);
        }
        return text.toString();
    }

    /** Writes an object as UTF-8 to a stream, which stays open. */
    public static void object(OutputStream utf8, Part fields) throws IOException {
        try (JsonGenerator out =
                JsonReader.JSON.createGenerator(utf8).disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)) {
            out.writeStartObject();
            fields.write(out);
            out.writeEndObject();
        }
    }

    /** Writes a field with an array of texts. */
    public static void texts(JsonGenerator out, String name, Collection<String> texts) throws IOException {
        out.writeArrayFieldStart(name);
        for (String text : texts) {
            out.writeString(text);
        }
        out.writeEndArray();
    }

    /** A text as JSON. */
    public static String quoted(String text) {
        return '"' + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
    }
}
