package dev.zerohop.probe;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * A GET and the statuses that count as success. Redirects are not followed.
 *
 * @param path begins with a slash; may have a query
 * @param from the lowest status that counts as success, 200 to 599
 * @param to the highest one, not below {@code from}
 */
public record HttpGet(String path, int from, int to) {
    private static final String HOST = "http://host";

    /** Checks the values, and takes the path as it is sent, in ASCII. */
    public HttpGet {
        if (!isPath(requireNonNull(path, "path"))) {
            throw new IllegalArgumentException(
                    "the path of a probe was '" + path + "', expected one that begins with a slash, such as /health");
        }
        if (from < 200 || to > 599 || from > to) {
            throw new IllegalArgumentException(
                    "the statuses of a probe were " + from + " to " + to + ", expected a range within 200 to 599");
        }
        path = URI.create(HOST + path).toASCIIString().substring(HOST.length());
    }

    /** Whether this is a path, perhaps with a query. */
    static boolean isPath(String path) {
        if (!path.startsWith("/")) {
            return false;
        }
        try {
            URI uri = URI.create(HOST + path);
            return "host".equals(uri.getHost()) && uri.getFragment() == null;
        } catch (IllegalArgumentException malformed) {
            return false;
        }
    }

    /** What is wrong with an answer of this status; null if nothing is. */
    @Nullable
    String wrong(int status) {
        return status >= from && status <= to
                ? null
                : "GET " + path + " answered " + status + ", expected " + from + " to " + to;
    }
}
