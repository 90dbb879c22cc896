package dev.zerohop.probe;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Endpoint;
import dev.zerohop.Printable;
import dev.zerohop.ProbeTransport;
import dev.zerohop.Prober;
import dev.zerohop.Time;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Opens a connection, with TLS and one GET over HTTP/1.1 where they are configured, and closes it. Never through a proxy: it would be probed instead of the endpoint. Of several addresses of a
 * name the next one is tried when one cannot be connected to; each has an equal part of the time that is left.
 *
 * <p>Written on sockets because Java's HTTP client checks a certificate only for the host of the URL, while endpoints are often addressed by IP, and keeps threads.
 *
 * <p>Thread-safe. A probe takes one thread of those that may block, until it is over.
 */
public final class SocketProber implements Prober {
    private static final Pattern AUTHORITY =
            Pattern.compile("[A-Za-z0-9._-]+(?::\\d{1,5})?|\\[[0-9A-Fa-f:.]+\\](?::\\d{1,5})?");

    /** A prober cancels a probe when its time is over; this is for callers that do not. It must not come first, or the reason of a failure would depend on which of the two did. */
    private static final long SLACK_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final int port;
    private final boolean secured;
    private final @Nullable HttpGet get;
    private final ProbeTransport transport;
    private final long patienceNanos;
    private final Time time;

    /**
     * A prober.
     *
     * @param port where to connect to; 0 for each endpoint's own
     * @param secured whether to use TLS, which is the transport's
     * @param get the request; null for none, so that a connection is a success, with TLS after the handshake
     * @param timeout a second after which a probe ends even if it is not cancelled: all of it, but for the look-up of a name, which cannot be ended, and a TLS handshake, in which it
     *     bounds each read
     */
    public SocketProber(int port, boolean secured, @Nullable HttpGet get, ProbeTransport transport, Duration timeout) {
        this(port, secured, get, transport, timeout, Time.system());
    }

    /** With another clock; sockets go by the machine's. */
    SocketProber(
            int port, boolean secured, @Nullable HttpGet get, ProbeTransport transport, Duration timeout, Time time) {
        this.port = port;
        this.secured = secured;
        this.get = get;
        this.transport = requireNonNull(transport, "transport");
        this.patienceNanos = timeout.toNanos() + SLACK_NANOS;
        this.time = time;
    }

    @Override
    public Target connect(Endpoint endpoint) {
        Endpoint at = Check.at(endpoint, port);
        return (blocking, answer) -> {
            ProbeTransport.Tls tls = secured ? transport.tls() : null;
            if ((secured && tls == null) || !transport.hasAddress(endpoint)) {
                answer.accept(Result.SKIPPED);
                return () -> {};
            }
            Probe probe = new Probe(at, tls, answer);
            blocking.execute(probe);
            return probe;
        };
    }

    /** The message of the deepest cause that has one. */
    public static String reason(Throwable thrown) {
        String reason = null;
        boolean connecting = false;
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            String message = cause.getMessage();
            // A wrapper often only repeats its cause.
            boolean own =
                    cause.getCause() == null || !cause.getCause().toString().equals(message);
            if (own && message != null && !message.isBlank()) {
                reason = Printable.text(message);
            }
            connecting |= cause instanceof ConnectException;
        }
        if (reason != null) {
            return reason;
        }
        return connecting ? "no connection could be made" : thrown.getClass().getSimpleName();
    }

    /** One probe of one endpoint. */
    private final class Probe implements Runnable, Running {
        private final Endpoint endpoint;
        private final ProbeTransport.@Nullable Tls tls;
        private final Consumer<Result> answer;
        private @Nullable Socket socket;
        private boolean cancelled;
        private volatile boolean begun;
        private volatile boolean answered;

        Probe(Endpoint endpoint, ProbeTransport.@Nullable Tls tls, Consumer<Result> answer) {
            this.endpoint = endpoint;
            this.tls = tls;
            this.answer = answer;
        }

        @Override
        public void run() {
            begun = true;
            try {
                check();
            } catch (UnknownHostException unresolved) {
                publish(Result.failure("its host name " + endpoint.host() + " cannot be resolved"));
            } catch (IOException | RuntimeException failed) {
                publish(Result.failure(reason(failed)));
            } finally {
                close();
            }
        }

        private void publish(Result result) {
            answered = true;
            answer.accept(result);
        }

        /** Not while it waits for a thread. */
        @Override
        public boolean sent() {
            return begun;
        }

        private void check() throws IOException {
            Deadline deadline = new Deadline(time, patienceNanos);
            Socket connected = connected(deadline);
            connected.setSoTimeout(deadline.millis());
            String authority = authority();
            if (tls != null) {
                try {
                    connected = tls.secure(connected, nameIn(authority), endpoint.port());
                } catch (IOException failed) {
                    publish(Result.failure("TLS failed: " + reason(failed)));
                    return;
                }
            }
            if (get == null) {
                publish(Result.OK);
            } else {
                get(connected, get, authority == null ? endpoint.address() : authority, deadline);
            }
        }

        private void get(Socket socket, HttpGet get, String host, Deadline deadline) {
            HttpAnswer reply;
            Result result;
            try {
                String request = "GET " + get.path() + " HTTP/1.1\r\nHost: " + host
                        + "\r\nUser-Agent: zerohop-health\r\nAccept: */*\r\nConnection: close\r\n\r\n";
                socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
                reply = new HttpAnswer(socket, deadline);
                int status = reply.status();
                String wrong =
                        status == 0 ? "GET " + get.path() + " was not answered with HTTP/1.1" : get.wrong(status);
                result = wrong == null ? Result.OK : Result.failure(wrong);
            } catch (IOException failed) {
                publish(Result.failure("GET " + get.path() + (tls != null ? " over TLS" : "") + " was not answered: "
                        + reason(failed)));
                return;
            }
            publish(result);
            reply.rest();
        }

        private Socket connected(Deadline deadline) throws IOException {
            InetAddress[] addresses = InetAddress.getAllByName(endpoint.host());
            IOException last = new UnknownHostException(endpoint.host());
            int left = addresses.length;
            for (InetAddress address : addresses) {
                Socket next = open();
                try {
                    next.connect(new InetSocketAddress(address, endpoint.port()), deadline.millis(left--));
                    return next;
                } catch (IOException failed) {
                    next.close();
                    last = failed;
                }
            }
            throw last;
        }

        private synchronized Socket open() throws IOException {
            if (cancelled) {
                throw new IOException("the probe was called off");
            }
            Socket next = new Socket(Proxy.NO_PROXY);
            socket = next;
            return next;
        }

        /** What blocks in the socket then fails. Without TLS's closing alert, which may block. */
        @Override
        public void cancel() {
            // After the answer it ends by itself, in a moment.
            if (!answered) {
                close();
            }
        }

        private synchronized void close() {
            cancelled = true;
            Socket opened = socket;
            socket = null;
            if (opened != null) {
                try {
                    opened.close();
                } catch (IOException gone) {
                    // A failure to close does not affect the result.
                }
            }
        }

        private @Nullable String authority() {
            String stated = transport.authority();
            // A channel may have one that no server would take.
            return stated != null && AUTHORITY.matcher(stated).matches() ? stated : null;
        }

        private String nameIn(@Nullable String authority) {
            if (authority == null) {
                return endpoint.host();
            }
            if (authority.startsWith("[")) {
                return authority.substring(1, authority.indexOf(']'));
            }
            int colon = authority.indexOf(':');
            return colon < 0 ? authority : authority.substring(0, colon);
        }
    }
}
