package dev.zerohop;

/**
 * How an attempt ended: the class by which it is counted, ejects and is retried.
 *
 * <p>Three questions matter: did the server answer, may the attempt be repeated, and does it speak against the endpoint
 * (is it a failure of the endpoint or of the request).
 */
public enum Outcome {
    /** Answered. */
    SUCCESS(true, false, false),
    /** Answered with an error of the application or the server (HTTP 5xx, a gRPC status from the server). Does not eject by default: a bad request makes one too. */
    ERROR_RESPONSE(true, true, false),
    /**
     * Answered that it has too much to do: HTTP 429, HTTP 503 with Retry-After, gRPC RESOURCE_EXHAUSTED in the server's trailers. A failure to every load
     * metric and never a success, but no reason to eject: an endpoint that sheds some of its load still serves the rest.
     */
    OVERLOADED(true, true, false),
    /** No connection could be made: refused, unreachable, timed out. Certainly not dispatched. */
    CONNECT_FAILURE(false, true, true),
    /**
     * Refused before it reached the application on a working connection: REFUSED_STREAM, GOAWAY past the last stream, a connection that was found closed
     * before anything was written. Safe to repeat elsewhere, and no failure of the endpoint: every server that is replaced ends its connections so.
     */
    NOT_DISPATCHED(false, true, false),
    /** The transport broke after something was sent; the server may have run the call. */
    TRANSPORT_FAILURE(false, true, true),
    /**
     * The same, on a connection whose loss another attempt has reported as {@link #TRANSPORT_FAILURE}. One lost connection is one failure of the endpoint,
     * however many streams it carried.
     */
    CONNECTION_LOST(false, true, false),
    /** No answer within the caller's time; the server may have run the call. */
    TIMEOUT(false, true, true),
    /** The caller gave up; says nothing about the endpoint. */
    CANCELLED(false, false, false),
    /** The lease was never completed by its holder and was closed by the age limit. */
    LEAKED(false, false, false);

    private final boolean answer;
    private final boolean failure;
    private final boolean endpointFailure;

    Outcome(boolean answer, boolean failure, boolean endpointFailure) {
        this.answer = answer;
        this.failure = failure;
        this.endpointFailure = endpointFailure;
    }

    /** Whether the call failed, whatever the cause. Load-aware policies never take a fast failure for a fast answer. */
    public boolean isFailure() {
        return failure;
    }

    /** Whether the failure speaks against the endpoint and counts towards its ejection. */
    public boolean isEndpointFailure() {
        return endpointFailure;
    }

    /** Whether the endpoint answered, well or not. */
    public boolean isAnswer() {
        return answer;
    }
}
