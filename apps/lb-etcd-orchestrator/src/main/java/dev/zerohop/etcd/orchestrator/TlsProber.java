package dev.zerohop.etcd.orchestrator;

import dev.zerohop.Endpoint;
import dev.zerohop.etcd.client.TlsFiles;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executor;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * Opens a TLS connection, sends one GET if a path is configured, and closes it; sessions are resumed. Java's HTTP client is not used: it can check the
 * certificate only for the host of the URL, and endpoints are often addressed by IP.
 */
final class TlsProber implements Prober {
    private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.[01] (\\d{3})(?: .*)?");

    /** The read timeout, for a probe that is never cancelled; a cancelled one ends at once. */
    private static final int SILENCE_MILLIS = 60_000;

    private final TlsFiles files;
    private final @Nullable String authority;
    private final @Nullable HttpGet get;
    private final Executor executor;

    /** {@code authority} is the name that certificates must carry; null for each endpoint's host. Without {@code get} only the handshake is checked. */
    TlsProber(TlsFiles files, @Nullable String authority, @Nullable HttpGet get, Executor executor) {
        this.files = files;
        this.authority = authority;
        this.get = get;
        this.executor = executor;
    }

    @Override
    public Target connect(Endpoint endpoint) {
        return answer -> {
            Socket socket = new Socket();
            executor.execute(() -> answer.accept(ask(endpoint, socket)));
            return () -> Prober.close(socket);
        };
    }

    private @Nullable String ask(Endpoint endpoint, Socket socket) {
        boolean connected = false;
        try (socket) {
            socket.setSoTimeout(SILENCE_MILLIS);
            socket.connect(Prober.addressOf(endpoint), SILENCE_MILLIS);
            connected = true;
            String name = authority == null ? endpoint.host() : authority;
            SSLSocket secured = (SSLSocket) files.sockets().createSocket(socket, name, endpoint.port(), true);
            SSLParameters parameters = secured.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            secured.setSSLParameters(parameters);
            secured.startHandshake();
            return get == null ? null : get(secured, authority == null ? endpoint.address() : authority, get);
        } catch (UnknownHostException unresolved) {
            return unresolved.getMessage();
        } catch (IOException failed) {
            // The next probe uses files that were changed meanwhile.
            files.refresh();
            return (connected ? "TLS failed: " : "") + Prober.reason(failed);
        }
    }

    private static @Nullable String get(SSLSocket socket, String host, HttpGet get) {
        try {
            String request = "GET " + get.path() + " HTTP/1.1\r\nHost: " + host
                    + "\r\nUser-Agent: zerohop-health\r\nAccept: */*\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            String line = new BufferedReader(
                            new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1), 512)
                    .readLine();
            Matcher status = STATUS_LINE.matcher(line == null ? "" : line);
            return status.matches()
                    ? get.wrong(Integer.parseInt(status.group(1)))
                    : "GET " + get.path() + " was not answered with HTTP/1.1";
        } catch (IOException failed) {
            return "GET " + get.path() + " over TLS was not answered: " + Prober.reason(failed);
        }
    }
}
