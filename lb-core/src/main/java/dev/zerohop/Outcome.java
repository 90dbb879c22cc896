package dev.zerohop;

/**
 * How an attempt ended, classed before it is counted or retried.
 *
 * <p>Two questions matter: did the server see the call (may it be repeated), and does it speak against the endpoint (is it a
 * failure of the endpoint or of the request).
 */
public enum Outcome {
    /** Answered. */
    SUCCESS(false, false, false),
    /** Answered with an error of the application or the server (HTTP 5xx, a gRPC status from the server). Does not eject by default: a bad request makes one too. */
    ERROR_RESPONSE(true, false, false),
    /** No connection could be made: refused, unreachable, timed out. Certainly not dispatched. */
    CONNECT_FAILURE(true, true, true),
    /** Refused before it reached the application on a working connection: REFUSED_STREAM, GOAWAY past the last stream. Safe to repeat elsewhere. */
    NOT_DISPATCHED(true, true, true),
    /** The transport broke after something was sent; the server may have run the call. */
    TRANSPORT_FAILURE(true, true, false),
    /** No answer within the caller's time; the server may have run the call. */
    TIMEOUT(true, true, false),
    /** The caller gave up; says nothing about the endpoint. */
    CANCELLED(false, false, false),
    /** The lease was never completed by its holder and was closed by the leak guard. */
    LEAKED(false, false, false);

    private final boolean failure;
    private final boolean endpointFailure;
    private final boolean notDispatched;

    Outcome(boolean failure, boolean endpointFailure, boolean notDispatched) {
        this.failure = failure;
        this.endpointFailure = endpointFailure;
        this.notDispatched = notDispatched;
    }

    /** Whether the call failed, whoever's fault it was. Load-aware policies never take a fast failure for a fast answer. */
    public boolean isFailure() {
        return failure;
    }

    /** Whether the failure speaks against the endpoint and counts towards its ejection. */
    public boolean isEndpointFailure() {
        return endpointFailure;
    }

    /** Whether the call certainly did not reach the application, so that repeating it is safe for any call. */
    public boolean isNotDispatched() {
        return notDispatched;
    }
}
