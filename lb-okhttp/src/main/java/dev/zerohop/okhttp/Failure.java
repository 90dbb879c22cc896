package dev.zerohop.okhttp;

import dev.zerohop.Outcome;
import java.io.IOException;
import java.net.SocketTimeoutException;

/**
 * What a failed attempt means.
 *
 * @param outcome how the attempt counts
 * @param local whether it came from the application's own side (an interceptor, the request body, a cancel): says nothing about the endpoint, and
 *     nothing is gained by repeating it
 */
record Failure(Outcome outcome, boolean local) {

    // OkHttp does not export their package, so they are known by name.
    private static final String STREAM_RESET = "okhttp3.internal.http2.StreamResetException";
    private static final String CONNECTION_SHUTDOWN = "okhttp3.internal.http2.ConnectionShutdownException";

    static Failure of(IOException failure, CallState call) {
        if (call.canceled()) {
            return new Failure(call.cancelOutcome(), true);
        }
        if (!call.transportFailed()) {
            return new Failure(Outcome.CANCELLED, true);
        }
        if (call.requests() == 0) {
            return new Failure(Outcome.CONNECT_FAILURE, false);
        }
        if (call.requests() == 1 && refused(failure)) {
            return new Failure(Outcome.NOT_DISPATCHED, false);
        }
        return new Failure(
                failure instanceof SocketTimeoutException ? Outcome.TIMEOUT : Outcome.TRANSPORT_FAILURE, false);
    }

    /** Whether the server said, on a working connection, that it did not look at the request. */
    private static boolean refused(IOException failure) {
        String name = failure.getClass().getName();
        return name.equals(CONNECTION_SHUTDOWN)
                || (name.equals(STREAM_RESET)
                        && String.valueOf(failure.getMessage()).endsWith("REFUSED_STREAM"));
    }
}
