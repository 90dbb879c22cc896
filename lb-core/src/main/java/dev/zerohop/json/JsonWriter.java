package dev.zerohop.json;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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

    /** A tree of maps with texts as keys, lists, texts, numbers, booleans and nulls as text. */
    public static String tree(@Nullable Object tree) {
        return value(out -> tree(out, tree));
    }

    /** Writes such a tree. Anything else in it, and a number that JSON does not know, is a fault of the program. */
    public static void tree(JsonGenerator out, @Nullable Object tree) throws IOException {
        if (tree == null) {
            out.writeNull();
        } else if (tree instanceof Map<?, ?> fields) {
            out.writeStartObject();
            for (Map.Entry<?, ?> field : fields.entrySet()) {
                out.writeFieldName((String) field.getKey());
                tree(out, field.getValue());
            }
            out.writeEndObject();
        } else if (tree instanceof Collection<?> elements) {
            out.writeStartArray();
            for (Object element : elements) {
                tree(out, element);
            }
            out.writeEndArray();
        } else if (tree instanceof String text) {
            out.writeString(text);
        } else if (tree instanceof Boolean truth) {
            out.writeBoolean(truth);
        } else if (tree instanceof Double number && Double.isFinite(number)) {
            out.writeNumber(number);
        } else if (tree instanceof Long || tree instanceof Integer) {
            out.writeNumber(((Number) tree).longValue());
        } else {
            throw new IllegalArgumentException("a value was " + tree + " of " + tree.getClass()
                    + ", expected a map, a list, a text, a finite double, a long, an int, a boolean or null");
        }
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
