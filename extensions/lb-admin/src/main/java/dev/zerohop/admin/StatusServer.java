package dev.zerohop.admin;

import static java.util.Objects.requireNonNull;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Serves a {@link StatusPage} over HTTP by the server of the JDK (module {@code jdk.httpserver}), by default on loopback only. Its threads are daemons: it keeps no process alive. An exchange
 * that takes longer than a minute, or longer than a second while others wait for one of its 16 threads, is cut: a client that sends half a request holds it up no longer. Thread-safe.
 */
public final class StatusServer implements AutoCloseable {
    private final HttpServer server;
    private final ExchangeThreads threads;
    private final StatusPage page;
    private final AllowedHosts hosts;

    private StatusServer(StatusPage page, InetSocketAddress address) throws IOException {
        this.page = page;
        this.hosts = page.hosts().boundTo(address.getAddress());
        this.server = HttpServer.create(address, 0);
        this.threads = new ExchangeThreads(page.time());
        server.setExecutor(threads);
        server.createContext("/", this::answer);
    }

    /** On loopback, at this port; 0 for any that is free. */
    public static StatusServer start(StatusPage page, int port) throws IOException {
        return start(page, new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    }

    /**
     * At an address of loopback.
     *
     * @throws IllegalArgumentException if other machines reach this address: see {@link #startForOthers}
     * @throws IOException if it cannot listen there
     */
    public static StatusServer start(StatusPage page, InetSocketAddress address) throws IOException {
        if (!resolved(address).getAddress().isLoopbackAddress()) {
            throw new IllegalArgumentException("the status page was to listen on "
                    + address.getAddress().getHostAddress()
                    + ", which other machines reach, expected an address of loopback, or startForOthers()");
        }
        return started(page, address);
    }

    /**
     * At an address that other machines may reach. All that reach it can read addresses, ids and settings: there is no authentication here.
     *
     * @throws IOException if it cannot listen there
     */
    public static StatusServer startForOthers(StatusPage page, InetSocketAddress address) throws IOException {
        return started(page, resolved(address));
    }

    private static InetSocketAddress resolved(InetSocketAddress address) {
        if (address.isUnresolved()) {
            throw new IllegalArgumentException(
                    "the address was " + address + ", which does not resolve, expected one of this machine");
        }
        return address;
    }

    private static StatusServer started(StatusPage page, InetSocketAddress address) throws IOException {
        StatusServer started = new StatusServer(requireNonNull(page, "page"), address);
        // The dispatcher is a daemon if the thread that starts it is one.
        AtomicReference<@Nullable RuntimeException> failed = new AtomicReference<>();
        Thread starter = daemon(started.server::start, "zerohop-status-start");
        starter.setUncaughtExceptionHandler((thread, thrown) -> failed.set(new IllegalStateException(thrown)));
        starter.start();
        try {
            starter.join();
        } catch (InterruptedException interrupted) {
            started.close();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the status page was being started", interrupted);
        }
        RuntimeException thrown = failed.get();
        if (thrown != null) {
            started.close();
            throw thrown;
        }
        return started;
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            URI uri = exchange.getRequestURI();
            StatusPage.Response response;
            String path = uri.getRawPath();
            response = page.respond(
                    exchange.getRequestMethod(),
                    exchange.getRequestHeaders().getFirst("Host"),
                    hosts,
                    path == null ? "/" : path,
                    uri.getRawQuery());
            exchange.getResponseHeaders().set("Content-Type", response.contentType());
            response.headers().forEach(exchange.getResponseHeaders()::set);
            byte[] body = response.body();
            exchange.sendResponseHeaders(response.status(), body.length == 0 ? -1 : body.length);
            if (body.length > 0) {
                try (OutputStream out = exchange.getResponseBody()) {
                    out.write(body);
                }
            }
        }
    }

    /** How many exchanges there are at the moment. */
    int exchanges() {
        return threads.held();
    }

    /** The port that it listens on. */
    public int port() {
        return server.getAddress().getPort();
    }

    /** Where a browser on this machine finds the page. */
    public URI uri() {
        InetAddress address = server.getAddress().getAddress();
        String host = address.isAnyLocalAddress() ? "127.0.0.1" : address.getHostAddress();
        return URI.create("http://" + (host.indexOf(':') < 0 ? host : "[" + host.replaceFirst("%.*", "") + "]") + ":"
                + port() + "/");
    }

    /** Stops it, without regard to answers under way. The page stays open. Idempotent. */
    @Override
    public void close() {
        server.stop(0);
        threads.close();
    }
}
