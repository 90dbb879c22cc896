package dev.zerohop.spring.starter;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Servers of HTTP that count their calls and say what they were sent. */
final class HttpServers implements AutoCloseable {
    static {
        // Otherwise each answer, which it writes in two parts, waits 40 ms for the acknowledgement of the first.
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private final List<One> servers;

    HttpServers(int count) {
        servers = IntStream.range(0, count).mapToObj(i -> new One()).toList();
    }

    static final class One {
        private final HttpServer server;
        private final ExecutorService threads = Executors.newCachedThreadPool();
        private int calls;

        One() {
            try {
                server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            } catch (IOException failed) {
                throw new UncheckedIOException(failed);
            }
            server.createContext("/", this::answer);
            server.setExecutor(threads);
            server.start();
        }

        private void answer(HttpExchange exchange) throws IOException {
            synchronized (this) {
                calls++;
            }
            String sent = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            String path = exchange.getRequestURI().getPath();
            if (path.startsWith("/hanging")) {
                return;
            }
            byte[] answer = (exchange.getRequestMethod() + " " + path + " host="
                            + exchange.getRequestHeaders().getFirst("Host") + " type="
                            + exchange.getRequestHeaders().getFirst("Content-Type") + " x="
                            + exchange.getRequestHeaders().getFirst("X-Test")
                            + forwarded(exchange.getRequestHeaders().getFirst("X-Forwarded-Host")) + " body=" + sent)
                    .getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("X-Answer", "yes");
            exchange.sendResponseHeaders(status(path), answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        }

        private static String forwarded(@Nullable String host) {
            return host == null ? "" : " forwarded=" + host;
        }

        private static int status(String path) {
            if (path.startsWith("/missing")) {
                return 404;
            }
            return path.startsWith("/failing") ? 500 : 200;
        }

        synchronized int calls() {
            return calls;
        }

        synchronized void forget() {
            calls = 0;
        }

        String address() {
            return "127.0.0.1:" + server.getAddress().getPort();
        }

        void kill() {
            server.stop(0);
            threads.shutdownNow();
        }
    }

    List<One> all() {
        return servers;
    }

    List<Integer> calls() {
        return servers.stream().map(One::calls).toList();
    }

    void forget() {
        servers.forEach(One::forget);
    }

    String target() {
        return servers.stream().map(One::address).collect(Collectors.joining(",", "static:///", ""));
    }

    @Override
    public void close() {
        servers.forEach(One::kill);
    }
}
