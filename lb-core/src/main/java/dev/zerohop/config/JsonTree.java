package dev.zerohop.config;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.exc.StreamReadException;
import dev.zerohop.Printable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads JSON strictly into maps, lists, texts, numbers and booleans: no repeated names, nothing after the value, no more than a configuration can need. */
final class JsonTree {
    static final int MAX_CHARACTERS = 4 * 1024 * 1024;
    static final int MAX_DEPTH = 32;

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxDocumentLength(MAX_CHARACTERS)
                    .maxStringLength(64 * 1024)
                    .maxNameLength(64 * 1024)
                    .maxNumberLength(100)
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private JsonTree() {}

    /**
     * Reads one value.
     *
     * @throws IllegalArgumentException with the line and column at which it is not JSON, or which limit it exceeds
     */
    static @Nullable Object parse(String json) {
        if (json.length() > MAX_CHARACTERS) {
            throw new IllegalArgumentException(
                    "configuration: was " + json.length() + " characters long, expected at most " + MAX_CHARACTERS);
        }
        try (JsonParser parser = FACTORY.createParser(json)) {
            if (parser.nextToken() == null) {
                throw new IllegalArgumentException("configuration: was empty, expected a JSON object");
            }
            Object value = value(parser);
            if (parser.nextToken() != null) {
                throw new IllegalArgumentException("configuration: found more text at "
                        + at(parser.currentTokenLocation()) + ", expected the end after the first value");
            }
            return value;
        } catch (StreamConstraintsException tooMuch) {
            throw new IllegalArgumentException(
                    "configuration: is larger than a configuration can be: "
                            + Printable.text(tooMuch.getOriginalMessage()),
                    tooMuch);
        } catch (StreamReadException broken) {
            throw new IllegalArgumentException(
                    "configuration: is not valid JSON at " + at(broken.getLocation()) + ": "
                            + Printable.text(broken.getOriginalMessage()),
                    broken);
        } catch (IOException impossible) {
            throw new IllegalStateException("reading a string failed", impossible);
        }
    }

    private static String at(@Nullable JsonLocation location) {
        return location == null
                ? "an unknown position"
                : "line " + location.getLineNr() + " column " + location.getColumnNr();
    }

    private static @Nullable Object value(JsonParser parser) throws IOException {
        JsonToken token = parser.currentToken();
        return switch (token) {
            case START_OBJECT -> object(parser);
            case START_ARRAY -> list(parser);
            case VALUE_STRING -> parser.getText();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> null;
            case VALUE_NUMBER_INT -> parser.getNumberValue();
            case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            default -> throw new IllegalStateException("unexpected token " + token);
        };
    }

    private static Map<String, @Nullable Object> object(JsonParser parser) throws IOException {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            fields.put(name, value(parser));
        }
        return fields;
    }

    private static List<@Nullable Object> list(JsonParser parser) throws IOException {
        List<@Nullable Object> values = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            values.add(value(parser));
        }
        return values;
    }
}
