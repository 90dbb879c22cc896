package dev.zerohop.config;

import dev.zerohop.KeySource;
import dev.zerohop.Options;
import dev.zerohop.PrefixKey;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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
        Options key = parent.object(
                "key", "header", "query", "path", "cookie", "jsonPointer", "as", "maxBytes", "blockBytes");
        List<String> given = new ArrayList<>(key.names());
        given.removeAll(List.of("as", "maxBytes", "blockBytes"));
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
        String as = key.choice("as", "text", List.of("text", "integer", "prefix"));
        KeySource source = new KeySource(
                place,
                key.value(field) instanceof String name ? name : "",
                as.equals("integer"),
                prefix(key, as.equals("prefix")));
        String expected = source.expected();
        if (expected != null) {
            throw key.rejected(field, expected);
        }
        return source;
    }

    private static PrefixKey.@Nullable Cut prefix(Options key, boolean wanted) {
        for (String option : List.of("maxBytes", "blockBytes")) {
            if (!wanted && key.has(option)) {
                throw key.rejected(option, "none unless \"as\" is \"prefix\"");
            }
        }
        if (!wanted) {
            return null;
        }
        PrefixKey.Cut defaults = PrefixKey.Cut.DEFAULTS;
        int maxBytes = key.integer("maxBytes", defaults.maxBytes(), 1, PrefixKey.Cut.LARGEST);
        int least = PrefixKey.Cut.smallestBlock(maxBytes);
        int usual = Math.max(least, Math.min(maxBytes, defaults.blockBytes()));
        return new PrefixKey.Cut(maxBytes, key.integer("blockBytes", usual, least, maxBytes));
    }
}
