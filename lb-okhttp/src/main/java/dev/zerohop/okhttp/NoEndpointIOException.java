package dev.zerohop.okhttp;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Refusal;
import java.io.IOException;

/**
 * A call that was not made because there is no endpoint for it: none known, none usable, the owner of its key down, or a key that is missing
 * or cannot be used. Nothing was sent.
 */
public final class NoEndpointIOException extends IOException {
    private static final long serialVersionUID = 1;

    private final transient Refusal refusal;

    NoEndpointIOException(Refusal refusal) {
        this(refusal, "");
    }

    NoEndpointIOException(Refusal refusal, String note) {
        super(requireNonNull(refusal, "refusal").message() + note);
        this.refusal = refusal;
    }

    /** Which of the different answers this is, and why. */
    public Refusal refusal() {
        return refusal;
    }
}
