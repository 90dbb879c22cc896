package dev.zerohop.config;

import dev.zerohop.KeySource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

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

    /** A token of RFC 9110, which names of headers and cookies are. */
    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

    private static final Pattern POINTER = Pattern.compile("(/([^~/]|~[01])*)+");

    private KeyReader() {}

    static KeySource read(Fields parent) {
        Fields key = parent.object("key", "header", "query", "path", "cookie", "jsonPointer", "as");
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
        String name = switch (place) {
            case HEADER -> matching(key, field, TOKEN, "the name of a header, such as \"x-user-id\"");
            case COOKIE -> matching(key, field, TOKEN, "the name of a cookie");
            case QUERY -> key.text(field, "the name of a query parameter");
            case PATH -> regex(key, field);
            case JSON_POINTER ->
                matching(key, field, POINTER, "a JSON pointer that starts with '/', such as \"/user/id\"");
        };
        boolean integer = key.word("as", "text", List.of("text", "integer")).equals("integer");
        return new KeySource(place, name, integer);
    }

    private static String matching(Fields key, String field, Pattern pattern, String expected) {
        String text = key.text(field, expected);
        if (!pattern.matcher(text).matches()) {
            throw key.refuse(field, expected);
        }
        return text;
    }

    private static String regex(Fields key, String field) {
        String expected = "a regular expression with exactly one group, such as \"^/users/([^/]+)\"";
        String text = key.text(field, expected);
        try {
            if (Pattern.compile(text).matcher("").groupCount() != 1) {
                throw key.refuse(field, expected);
            }
        } catch (PatternSyntaxException broken) {
            throw key.refuse(field, expected + " (" + broken.getDescription() + " at " + broken.getIndex() + ")");
        }
        return text;
    }
}
