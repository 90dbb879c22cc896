package dev.zerohop;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * The input of one pick: the key, the number of the attempt, and the endpoints that earlier attempts of the call used. Immutable; the unkeyed first
 * attempt is the constant {@link #NONE}.
 */
public final class PickContext {

    /** A first attempt without a key. */
    public static final PickContext NONE = new PickContext(null, 0, new String[0]);

    private final @Nullable EndpointSelector selector;
    private final int attempt;
    private final String[] avoided;

    private PickContext(@Nullable EndpointSelector selector, int attempt, String[] avoided) {
        this.selector = selector;
        this.attempt = attempt;
        this.avoided = avoided;
    }

    /** A first attempt with this key; {@link #NONE} for null. */
    public static PickContext of(@Nullable EndpointSelector selector) {
        return selector == null ? NONE : new PickContext(selector, 0, NONE.avoided);
    }

    /** The caller's key, if it gave one. */
    public @Nullable EndpointSelector selector() {
        return selector;
    }

    /** 0 for the first attempt of a call, 1 for its first retry, and so on. */
    public int attempt() {
        return attempt;
    }

    /** Whether an earlier attempt of this call went to the endpoint. A wish, not a ban. */
    public boolean avoids(Endpoint endpoint) {
        for (String id : avoided) {
            if (id.equals(endpoint.id())) {
                return true;
            }
        }
        return false;
    }

    /** Whether there is anything to avoid. */
    public boolean avoidsAny() {
        return avoided.length > 0;
    }

    /** The next attempt of the same call, after {@code tried} failed. */
    public PickContext retryAfter(Endpoint tried) {
        return new PickContext(selector, attempt + 1, with(tried));
    }

    /** The same attempt, avoiding one more endpoint. */
    public PickContext avoiding(Endpoint endpoint) {
        return new PickContext(selector, attempt, with(endpoint));
    }

    private String[] with(Endpoint endpoint) {
        requireNonNull(endpoint, "endpoint");
        String[] more = java.util.Arrays.copyOf(avoided, avoided.length + 1);
        more[avoided.length] = endpoint.id();
        return more;
    }

    @Override
    public String toString() {
        return "key=" + selector + " attempt=" + attempt + " avoiding=" + java.util.Arrays.toString(avoided);
    }
}
