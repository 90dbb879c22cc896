package dev.zerohop;

import org.jspecify.annotations.Nullable;

/** What can be the name of a key's place. */
final class KeyPlaces {
    /** Far above what anyone writes, far below what a recursive matcher overflows its stack with. */
    private static final int MAX_LENGTH = 256;

    private KeyPlaces() {}

    /** What was expected instead of this name; null if it can be used. */
    static @Nullable String expected(KeySource.Place place, String name) {
        return switch (place) {
            case HEADER -> isToken(name) ? null : "the name of a header, such as \"x-user-id\"";
            case COOKIE -> isToken(name) ? null : "the name of a cookie";
            case QUERY ->
                !name.isEmpty() && Printable.problem(name, MAX_LENGTH) == null
                        ? null
                        : "the name of a query parameter, at most " + MAX_LENGTH + " characters long";
            case PATH -> PathPattern.expected(name);
            case JSON_POINTER -> isPointer(name) ? null : "a JSON pointer that starts with '/', such as \"/user/id\"";
        };
    }

    /** A token of RFC 9110, which names of headers and cookies are. */
    private static boolean isToken(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean word = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
            if (!word && "!#$%&'*+.^_`|~-".indexOf(c) < 0) {
                return false;
            }
        }
        return !name.isEmpty() && name.length() <= MAX_LENGTH;
    }

    /** RFC 6901, but not the whole document. */
    private static boolean isPointer(String name) {
        if (!name.startsWith("/") || Printable.problem(name, MAX_LENGTH) != null) {
            return false;
        }
        for (int at = name.indexOf('~'); at >= 0; at = name.indexOf('~', at + 1)) {
            if (at + 1 == name.length() || "01".indexOf(name.charAt(at + 1)) < 0) {
                return false;
            }
        }
        return true;
    }
}
