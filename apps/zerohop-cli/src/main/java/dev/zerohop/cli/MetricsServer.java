package dev.zerohop.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Answers {@code GET /metrics} with what the registry holds, in the form that the scraper asks for. Thread-safe; its threads keep no process alive. */
final class MetricsServer implements AutoCloseable {
    private static final String PATH = "/metrics";

    /** Scrapes at once; one that is slow to ask or to read holds no other up. */
    private static final int THREADS = 4;

    private static final ExpositionFormats FORMATS = ExpositionFormats.init();

    static {
        // Seconds; without a limit a client that sends half a request would hold a thread for ever. The JDK reads them
        // once, before the first server.
        limit("sun.net.httpserver.maxReqTime", "10");
        limit("sun.net.httpserver.maxRspTime", "60");
    }

    private final PrometheusMeterRegistry registry;
    private final HttpServer server;
    private final ExecutorService threads;

    private MetricsServer(PrometheusMeterRegistry registry, HttpServer server, ExecutorService threads) {
        this.registry = registry;
        this.server = server;
        this.threads = threads;
    }

    /**
     * Starts one.
     *
     * @throws IOException if it cannot listen there
     */
    static MetricsServer start(PrometheusMeterRegistry registry, InetAddress address, int port) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(address, port), 0);
        ExecutorService threads = Executors.newFixedThreadPool(THREADS, task -> {
            Thread thread = new Thread(task, "zerohop-metrics");
            thread.setDaemon(true);
            return thread;
        });
        MetricsServer started = new MetricsServer(registry, server, threads);
        server.setExecutor(threads);
        server.createContext("/", started::answer);
        // The server's own thread is a daemon only if the one that starts it is.
        Thread starter = new Thread(server::start, "zerohop-metrics");
        starter.setDaemon(true);
        starter.start();
        return started;
    }

    InetSocketAddress address() {
        return server.getAddress();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String method = exchange.getRequestMethod();
            if (!exchange.getRequestURI().getPath().equals(PATH)) {
                send(exchange, 404, "text/plain; charset=utf-8", text("the metrics are at " + PATH));
            } else if (!method.equals("GET") && !method.equals("HEAD")) {
                exchange.getResponseHeaders().set("Allow", "GET, HEAD");
                send(exchange, 405, "text/plain; charset=utf-8", text(PATH + " is only read"));
            } else {
                String accepted = String.valueOf(exchange.getRequestHeaders().getFirst("Accept"));
                ByteArrayOutputStream body = new ByteArrayOutputStream();
                registry.scrape(body, accepted);
                send(exchange, 200, FORMATS.findWriter(accepted).getContentType(), body.toByteArray());
            }
        }
    }

    private static void send(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.sendResponseHeaders(status, -1);
        } else {
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private static byte[] text(String line) {
        return (line + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private static void limit(String property, String seconds) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, seconds);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
