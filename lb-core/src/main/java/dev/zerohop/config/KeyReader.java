package dev.zerohop.config;

import dev.zerohop.KeySource;
import dev.zerohop.Options;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the part {@code key}. */
final class KeyReader {
    private static final Map<String, KeySource.Place> PLACES = new LinkedHashMap<>();

    static {
        PLACES.put("header", KeySource.Place.HEADER);
        PLACES.put("query", KeySource.Place.QUERY);
        PLACES.put("path", KeySource.Place.PATH);
        PLACES.put("cookie", KeySource.Place.COOKIE);
        PLACES.put("jsonPointer", KeySource.Place.JSON_POINTER);
    }

    private KeyReader() {}

    static KeySource read(Options parent) {
        Options key = parent.object("key", "header", "query", "path", "cookie", "jsonPointer", "as");
        List<String> given = new ArrayList<>(key.names());
        given.remove("as");
        if (given.size() != 1) {
            throw new IllegalArgumentException(
                    key.path() + ": was " + (given.isEmpty() ? "no place" : given.size() + " places " + given)
                            + ", expected exactly one of " + String.join(", ", PLACES.keySet()));
        }
        String field = given.get(0);
        KeySource.Place place = PLACES.get(field);
        if (place == null) {
            throw new AssertionError(field);
        }
        boolean integer = key.choice("as", "text", List.of("text", "integer")).equals("integer");
        KeySource source = new KeySource(place, key.value(field) instanceof String name ? name : "", integer);
        String expected = source.expected();
        if (expected != null) {
            throw key.rejected(field, expected);
        }
        return source;
    }
}
