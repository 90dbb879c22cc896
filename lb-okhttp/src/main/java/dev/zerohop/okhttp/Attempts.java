package dev.zerohop.okhttp;

import dev.zerohop.Endpoint;
import dev.zerohop.Outcome;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;

/** The failed attempts of one call, and the exception that tells of them. Used by the call's thread only. */
final class Attempts {
    private final String what;
    private final List<Attempt> failed = new ArrayList<>(2);

    private record Attempt(Endpoint endpoint, Outcome outcome, Duration took, IOException cause) {
        @Override
        public String toString() {
            return endpoint + " " + outcome + " after " + took.toMillis() + " ms: " + brief(cause);
        }
    }

    /** {@code what} names the call: service, method and path, never the query. */
    Attempts(String what) {
        this.what = what;
    }

    void add(Endpoint endpoint, Outcome outcome, Duration took, IOException cause) {
        failed.add(new Attempt(endpoint, outcome, took, cause));
    }

    int count() {
        return failed.size();
    }

    /** Of the kind that the last failure was, so that handlers for time-outs and TLS still see theirs. */
    IOException exception(String whyNoMore) {
        StringBuilder text = new StringBuilder(what);
        text.append(failed.size() == 1 ? " failed at " : " failed in " + failed.size() + " attempts: ");
        for (int i = 0; i < failed.size(); i++) {
            text.append(failed.size() == 1 ? "" : (i == 0 ? "" : "; ") + (i + 1) + ". ")
                    .append(failed.get(i));
        }
        text.append("; ").append(whyNoMore);
        IOException last = failed.get(failed.size() - 1).cause();
        IOException thrown = sameKind(last, text.toString());
        thrown.initCause(last);
        for (int i = 0; i < failed.size() - 1; i++) {
            thrown.addSuppressed(failed.get(i).cause());
        }
        return thrown;
    }

    private static IOException sameKind(IOException last, String message) {
        if (last instanceof SocketTimeoutException) {
            return new SocketTimeoutException(message);
        }
        if (last instanceof ConnectException) {
            return new ConnectException(message);
        }
        if (last instanceof UnknownHostException) {
            return new UnknownHostException(message);
        }
        if (last instanceof SSLPeerUnverifiedException) {
            return new SSLPeerUnverifiedException(message);
        }
        if (last instanceof SSLHandshakeException) {
            return new SSLHandshakeException(message);
        }
        if (last instanceof SSLException) {
            return new SSLException(message);
        }
        return new IOException(message);
    }

    /** OkHttp's own text of a failed connect names the logical port; what lies below it does not. */
    private static String brief(IOException cause) {
        Throwable said = cause instanceof ConnectException && cause.getCause() != null ? cause.getCause() : cause;
        String message = said.getMessage();
        return message == null || message.isBlank() ? said.getClass().getSimpleName() : message;
    }
}
