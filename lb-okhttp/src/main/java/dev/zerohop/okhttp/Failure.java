package dev.zerohop.okhttp;

import dev.zerohop.Outcome;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ProtocolException;
import java.net.SocketTimeoutException;
import java.net.UnknownServiceException;
import java.security.cert.CertificateException;
import javax.net.ssl.SSLPeerUnverifiedException;

/**
 * What a failed attempt means.
 *
 * @param outcome how the attempt counts
 * @param repeat whether it may be made once more
 */
record Failure(Outcome outcome, Repeat repeat) {

    /** Whether an attempt may be made once more. */
    enum Repeat {
        /** It came from the application's own side: nothing is gained by repeating it, and the caller gets it as it is. */
        LOCAL,
        /** The server may have run it: only if it may run twice. */
        IF_IDEMPOTENT,
        /** It certainly did not reach the application. */
        SAFE
    }

    // OkHttp does not export their package, so they are known by name; the pinner's failure is known by its text only.
    private static final String STREAM_RESET = "okhttp3.internal.http2.StreamResetException";
    private static final String CONNECTION_SHUTDOWN = "okhttp3.internal.http2.ConnectionShutdownException";
    private static final String PIN_FAILURE = "Certificate pinning failure!";

    static Failure of(Throwable failure, CallState call) {
        if (call.canceled()) {
            return local(call.cancelOutcome());
        }
        if (!(failure instanceof IOException io)) {
            return local(call.answer());
        }
        if (interrupted(io) || clientsOwn(io)) {
            return local(call.abandoned());
        }
        if (call.transportFailed()) {
            return ofTransport(io, call);
        }
        return switch (call.phase()) {
            case LOCAL, SENT -> local(Outcome.CANCELLED);
            case CONNECTING -> ofConnect(io, call);
            case CONNECTED -> new Failure(Outcome.NOT_DISPATCHED, safeAfter(0, call));
            // OkHttp's own verdict on an answer that no server should give; else what an interceptor made of one.
            case ANSWERED -> local(io instanceof ProtocolException ? Outcome.ERROR_RESPONSE : call.answer());
        };
    }

    private static Failure ofConnect(IOException failure, CallState call) {
        boolean unproven = call.unproven() && !(failure instanceof SocketTimeoutException);
        return new Failure(unproven ? Outcome.CANCELLED : Outcome.CONNECT_FAILURE, safeAfter(0, call));
    }

    private static Failure ofTransport(IOException failure, CallState call) {
        if (call.phase() != CallState.Phase.ANSWERED && (call.wroteNothing() || refused(failure))) {
            return new Failure(Outcome.NOT_DISPATCHED, safeAfter(1, call));
        }
        if (failure instanceof SocketTimeoutException) {
            return new Failure(Outcome.TIMEOUT, Repeat.IF_IDEMPOTENT);
        }
        if (call.unproven()) {
            return new Failure(Outcome.CANCELLED, Repeat.IF_IDEMPOTENT);
        }
        return new Failure(
                call.firstOfItsConnection(failure) ? Outcome.TRANSPORT_FAILURE : Outcome.CONNECTION_LOST,
                Repeat.IF_IDEMPOTENT);
    }

    private static Failure local(Outcome outcome) {
        return new Failure(outcome, Repeat.LOCAL);
    }

    /** What did not reach the server is safe to repeat, unless an earlier request of the same attempt did: a redirect that was followed, a challenge. */
    private static Repeat safeAfter(int requests, CallState call) {
        return call.requests() <= requests ? Repeat.SAFE : Repeat.IF_IDEMPOTENT;
    }

    /** Whether it is the calling thread that was interrupted. A virtual thread's socket is closed by that. */
    private static boolean interrupted(IOException failure) {
        return Thread.currentThread().isInterrupted()
                || (failure instanceof InterruptedIOException && !(failure instanceof SocketTimeoutException));
    }

    /** Whether this client would not talk to the server although others would: it permits no plain text, or pins another certificate. */
    private static boolean clientsOwn(IOException failure) {
        return failure instanceof UnknownServiceException
                || (failure instanceof SSLPeerUnverifiedException
                        && String.valueOf(failure.getMessage()).startsWith(PIN_FAILURE));
    }

    /** Whether a side did not trust the other's certificate, which waiting does not mend. */
    static boolean distrusts(IOException failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateException || cause instanceof SSLPeerUnverifiedException) {
                return true;
            }
        }
        return false;
    }

    /** Whether the server said, on a working connection, that it did not look at the request. */
    private static boolean refused(IOException failure) {
        return failure.getClass().getName().equals(CONNECTION_SHUTDOWN) || isReset(failure, "REFUSED_STREAM");
    }

    /**
     * Whether the server ended one HTTP/2 stream and goes on with the connection. OkHttp resets the streams of a connection that ends, too: with CANCEL when
     * it was closed and with PROTOCOL_ERROR when it broke.
     */
    static boolean isOfOneStream(IOException failure) {
        return isReset(failure, "") && !isReset(failure, "CANCEL") && !isReset(failure, "PROTOCOL_ERROR");
    }

    private static boolean isReset(IOException failure, String error) {
        return failure.getClass().getName().equals(STREAM_RESET)
                && String.valueOf(failure.getMessage()).endsWith(error);
    }
}
