package dev.zerohop.admin;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The parameters of a request, of which the first of each name counts. */
final class Query {
    private static final int MAX_LENGTH = 32_768;

    private final Map<String, String> parameters;

    private Query(Map<String, String> parameters) {
        this.parameters = parameters;
    }

    /** @throws IllegalArgumentException if it cannot be decoded, or is too long */
    static Query parse(@Nullable String query) {
        Map<String, String> parameters = new LinkedHashMap<>();
        if (query != null) {
            if (query.length() > MAX_LENGTH) {
                throw new IllegalArgumentException(
                        "the query was " + query.length() + " characters long, expected at most " + MAX_LENGTH);
            }
            for (String pair : query.split("&")) {
                int equals = pair.indexOf('=');
                String name = equals < 0 ? pair : pair.substring(0, equals);
                String value = equals < 0 ? "" : pair.substring(equals + 1);
                parameters.putIfAbsent(decoded(name), decoded(value));
            }
        }
        return new Query(parameters);
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException malformed) {
            throw new IllegalArgumentException("the query cannot be decoded: " + malformed.getMessage(), malformed);
        }
    }

    /** Empty if it is not there. */
    String get(String name) {
        return parameters.getOrDefault(name, "");
    }
}
