package dev.zerohop;

import static java.util.Objects.requireNonNull;

/** No endpoint for an attempt. Has no stack trace: it is made on the request path and its message says all. */
public final class NoEndpointException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient Refusal refusal;

    /** Wraps a refusal. */
    public NoEndpointException(Refusal refusal) {
        super(requireNonNull(refusal, "refusal").message(), null, false, false);
        this.refusal = refusal;
    }

    /** Which answer this is. */
    public Refusal refusal() {
        return refusal;
    }
}
