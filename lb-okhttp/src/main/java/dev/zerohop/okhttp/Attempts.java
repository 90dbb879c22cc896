package dev.zerohop.okhttp;

import dev.zerohop.Endpoint;
import dev.zerohop.Outcome;
import dev.zerohop.Printable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.net.ProtocolException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.net.UnknownServiceException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLKeyException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLProtocolException;

/** The failed attempts of one call, and the exception that reports them. Used by the call's thread only. */
final class Attempts {
    private static final Map<Class<?>, Function<String, IOException>> KINDS = Map.ofEntries(
            Map.entry(IOException.class, IOException::new),
            Map.entry(EOFException.class, EOFException::new),
            Map.entry(InterruptedIOException.class, InterruptedIOException::new),
            Map.entry(SocketTimeoutException.class, SocketTimeoutException::new),
            Map.entry(SocketException.class, SocketException::new),
            Map.entry(ConnectException.class, ConnectException::new),
            Map.entry(NoRouteToHostException.class, NoRouteToHostException::new),
            Map.entry(PortUnreachableException.class, PortUnreachableException::new),
            Map.entry(BindException.class, BindException::new),
            Map.entry(UnknownHostException.class, UnknownHostException::new),
            Map.entry(UnknownServiceException.class, UnknownServiceException::new),
            Map.entry(ProtocolException.class, ProtocolException::new),
            Map.entry(SSLException.class, SSLException::new),
            Map.entry(SSLHandshakeException.class, SSLHandshakeException::new),
            Map.entry(SSLKeyException.class, SSLKeyException::new),
            Map.entry(SSLPeerUnverifiedException.class, SSLPeerUnverifiedException::new),
            Map.entry(SSLProtocolException.class, SSLProtocolException::new));

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

    /** Of the very class that the last failure was, as plain OkHttp would have thrown it, so that handlers still see theirs. */
    IOException exception(String whyNoMore) {
        StringBuilder text = new StringBuilder(what);
        text.append(failed.size() == 1 ? " failed at " : " failed in " + failed.size() + " attempts: ");
        for (int i = 0; i < failed.size(); i++) {
            text.append(failed.size() == 1 ? "" : (i == 0 ? "" : "; ") + (i + 1) + ". ")
                    .append(failed.get(i));
        }
        text.append("; ").append(whyNoMore);
        IOException last = failed.get(failed.size() - 1).cause();
        Function<String, IOException> kind = KINDS.get(last.getClass());
        IOException thrown = last;
        if (kind == null) {
            // A class of others, or of OkHttp's own, that cannot be made anew: the failure itself, with the story
            // beside it.
            thrown.addSuppressed(new IOException(text.toString()));
        } else {
            thrown = kind.apply(text.toString());
            thrown.initCause(below(last));
        }
        for (int i = 0; i < failed.size() - 1; i++) {
            Throwable earlier = below(failed.get(i).cause());
            if (earlier != thrown) {
                thrown.addSuppressed(earlier);
            }
        }
        return thrown;
    }

    /** OkHttp's own exception of a failed connect names the port of the URL, which is not the endpoint's; what lies below it does not. */
    private static Throwable below(IOException cause) {
        Throwable below = cause.getCause();
        return cause instanceof ConnectException && below != null ? below : cause;
    }

    private static String brief(IOException cause) {
        Throwable reason = below(cause);
        String message = reason.getMessage();
        return message == null || message.isBlank() ? reason.getClass().getSimpleName() : Printable.text(message);
    }
}
