package dev.zerohop;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * Where an adapter finds the key of a call that carries no {@link EndpointSelector}, and how the text found there becomes a key. {@link #selector} is
 * the one rule of all transports. Immutable, thread-safe.
 *
 * @param place the part of the request
 * @param name the header, query parameter or cookie; for {@link Place#PATH} a regular expression with one group; for
 *     {@link Place#JSON_POINTER} a pointer (RFC 6901) into the body
 * @param integer whether the value is an integer key; otherwise it is a text key
 * @param prefix how much of the value is the key, for a {@link PrefixKey}; null for all of it
 */
public record KeySource(Place place, String name, boolean integer, PrefixKey.@Nullable Cut prefix) {

    /** The parts of a request that can carry a key. */
    public enum Place {
        /** A header (HTTP) or metadata entry (gRPC). */
        HEADER("header"),
        /** A query parameter. */
        QUERY("query parameter"),
        /** The first group of a regular expression that is found in the path. */
        PATH("path"),
        /** A cookie. */
        COOKIE("cookie"),
        /** A value in a JSON body that can be read again. */
        JSON_POINTER("JSON pointer");

        private final String words;

        Place(String words) {
            this.words = words;
        }
    }

    /**
     * Checks for null. Whether the name can be used is for {@link #expected} to say.
     *
     * @throws IllegalArgumentException if it is an integer and a prefix
     */
    public KeySource {
        requireNonNull(place, "place");
        requireNonNull(name, "name");
        if (integer && prefix != null) {
            throw new IllegalArgumentException("the key was an integer and a prefix, expected one of them");
        }
    }

    /** The whole value is the key. */
    public KeySource(Place place, String name, boolean integer) {
        this(place, name, integer, null);
    }

    /** What was expected as the name, if this one cannot be used at its place; null if it can. */
    public @Nullable String expected() {
        return KeyPlaces.expected(place, name);
    }

    /**
     * The key of a call, by the rule of {@link KeyText}. The place may be there more than once, as headers and query parameters can be: those that are
     * empty do not count, and the others must be equal. What is to be a prefix may be any text, in a header one that a header can carry.
     *
     * @param service the name that errors begin with
     * @param found what stands at the place, decoded as its syntax demands (percent escapes, JSON); nulls count as empty
     * @return null if there is no key
     * @throws NoEndpointException of the kind {@link Refusal.Kind#BAD_KEY} if there is one that cannot be used
     */
    public @Nullable EndpointSelector selector(String service, Iterable<@Nullable String> found) {
        String only = null;
        for (String each : found) {
            String text = each == null ? "" : KeyText.strip(each);
            if (text.isEmpty()) {
                continue;
            }
            String problem = place != Place.HEADER
                    ? prefix != null ? null : KeyText.problem(text)
                    : prefix == null ? KeyText.problemInHeader(text) : KeyText.problemOfPrefixInHeader(text);
            if (problem != null) {
                throw badKey(service, problem);
            }
            if (only != null && !only.equals(text)) {
                String values = prefix != null ? "" : ", as " + KeyText.shown(only) + " and as " + KeyText.shown(text);
                throw badKey(service, "was given more than once" + values + ", expected one value");
            }
            only = text;
        }
        if (only == null) {
            return null;
        }
        if (prefix != null) {
            return PrefixKey.of(only, prefix);
        }
        if (!integer) {
            return EndpointSelector.of(only);
        }
        String problem = KeyText.problemInInteger(only);
        if (problem != null) {
            throw badKey(service, problem);
        }
        return EndpointSelector.of(Long.parseLong(only));
    }

    /**
     * The refusal of a call whose key cannot be used, for what only an adapter can find: a body that cannot be read, a path that is too long.
     *
     * @param service the name that errors begin with
     * @param problem what it was and what was expected, to follow "the key (header 'x')"
     */
    public NoEndpointException badKey(String service, String problem) {
        return new NoEndpointException(
                new Refusal(Refusal.Kind.BAD_KEY, false, service + ": the key (" + this + ") " + problem));
    }

    @Override
    public String toString() {
        return place.words + " " + KeyText.shown(name);
    }
}
