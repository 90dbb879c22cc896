package dev.zerohop;

import static java.util.Objects.requireNonNull;

/**
 * Where an adapter finds the key of a call that does not carry an {@link EndpointSelector} itself.
 *
 * @param place the part of the request
 * @param name the header, query parameter or cookie; for {@link Place#PATH} a regular expression with one group; for
 *     {@link Place#JSON_POINTER} a pointer (RFC 6901) into the body
 * @param integer whether the value is parsed as an integer key; otherwise it is a text key
 */
public record KeySource(Place place, String name, boolean integer) {

    /** The parts of a request that can carry a key. */
    public enum Place {
        /** A header (HTTP) or metadata entry (gRPC). */
        HEADER,
        /** A query parameter. */
        QUERY,
        /** The first group of a regular expression that is found in the path. */
        PATH,
        /** A cookie. */
        COOKIE,
        /** A value in a JSON body that can be read again. */
        JSON_POINTER
    }

    /** Checks for null. */
    public KeySource {
        requireNonNull(place, "place");
        requireNonNull(name, "name");
    }
}
