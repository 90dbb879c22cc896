package dev.zerohop;

import static java.util.Objects.requireNonNull;

/**
 * Why there is no endpoint for an attempt.
 *
 * @param kind which of the different answers this is
 * @param waits whether the caller should wait, within its own deadline, for the next picker instead of failing
 * @param message for people: what, and why
 */
public record Refusal(Kind kind, boolean waits, String message) {

    /** Different faults that callers treat differently. */
    public enum Kind {
        /** The source named nobody, or has not answered yet. */
        NONE_KNOWN,
        /** Endpoints are known and connections to them are being made, or the owner of the key is being looked up. */
        CONNECTING,
        /** Endpoints are known but none may be used. */
        NONE_USABLE,
        /** The endpoint that owns the key is down, or it cannot be found out which one that is. */
        OWNER_DOWN,
        /** The policy needs a key and the call brought none, or one that it cannot use. */
        BAD_KEY,
        /** The source's first configuration was refused and the application gave none: no call goes by defaults that were not meant. */
        BAD_CONFIGURATION,
        /** The balancer is closed. */
        CLOSED
    }

    /**
     * The same for a caller that waits for whatever is missing. A key that the policy cannot use stays final, and so does the end of the balancer: neither is
     * mended by time.
     */
    public Refusal waiting() {
        return waits || kind == Kind.BAD_KEY || kind == Kind.CLOSED ? this : new Refusal(kind, true, message);
    }

    /** Checks for null, and takes the message in its {@linkplain Printable#text(String, int) printable} form. */
    public Refusal {
        requireNonNull(kind, "kind");
        // Keys, ids and what servers said stand in it.
        message = Printable.text(requireNonNull(message, "message"), Integer.MAX_VALUE);
    }
}
