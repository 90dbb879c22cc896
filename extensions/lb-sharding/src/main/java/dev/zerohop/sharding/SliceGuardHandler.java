package dev.zerohop.sharding;

import static java.util.Objects.requireNonNull;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import dev.zerohop.EndpointSelector;
import dev.zerohop.KeySource;
import dev.zerohop.NoEndpointException;
import dev.zerohop.Printable;
import dev.zerohop.guard.ShardGuard;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Asks a {@link SliceGuard} before the handler of a JDK {@code HttpServer} runs a request. One that must not run here is answered with status 421, the reason, and the headers {@value ShardGuard#EPOCH_HEADER} (the
 * generation in force here) and {@value ShardGuard#OWNER_HEADER} (the id of an owner). Other servers do the same with {@link SliceGuard#judge} in a filter. Thread-safe.
 */
public final class SliceGuardHandler implements HttpHandler {
    private static final int MISDIRECTED_REQUEST = 421;
    private static final int BAD_REQUEST = 400;

    private final SliceGuard guard;
    private final Function<HttpExchange, @Nullable EndpointSelector> key;
    private final HttpHandler handler;

    private SliceGuardHandler(
            SliceGuard guard, Function<HttpExchange, @Nullable EndpointSelector> key, HttpHandler handler) {
        this.guard = requireNonNull(guard, "guard");
        this.key = requireNonNull(key, "key");
        this.handler = requireNonNull(handler, "handler");
    }

    /** The key is made of the request, without its body; a request for which {@code key} returns null is not judged. */
    public static SliceGuardHandler byRequest(
            SliceGuard guard, Function<HttpExchange, @Nullable EndpointSelector> key, HttpHandler handler) {
        return new SliceGuardHandler(guard, key, handler);
    }

    /**
     * The key stands in a header and is read by the rule of the clients' configuration ({@code {"key": {"header": ...}}}). A key that cannot be used is answered with status 400.
     *
     * @throws IllegalArgumentException if the source is no header
     */
    public static SliceGuardHandler byHeader(SliceGuard guard, KeySource source, HttpHandler handler) {
        if (source.place() != KeySource.Place.HEADER || source.expected() != null) {
            throw new IllegalArgumentException(
                    "key source was " + Printable.text(source.toString()) + ", expected a header");
        }
        return byRequest(
                guard,
                exchange -> {
                    List<String> found = exchange.getRequestHeaders().get(source.name());
                    return source.selector("this server", found == null ? List.of() : found);
                },
                handler);
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        Headers headers = exchange.getRequestHeaders();
        EndpointSelector of;
        try {
            of = key.apply(exchange);
        } catch (NoEndpointException badKey) {
            answer(exchange, BAD_REQUEST, badKey.refusal().message());
            return;
        }
        // The thread is this request's own, and waits for at most SliceGuard.MAX_WAIT.
        SliceGuard.Rejection rejection = guard.judge(
                        headers.getFirst(ShardGuard.EPOCH_HEADER), headers.containsKey(ShardGuard.NOT_OWNER_HEADER), of)
                .join();
        if (rejection == null) {
            handler.handle(exchange);
            return;
        }
        exchange.getResponseHeaders().set(ShardGuard.EPOCH_HEADER, Long.toString(rejection.generation()));
        exchange.getResponseHeaders().set(ShardGuard.OWNER_HEADER, rejection.owner());
        answer(exchange, MISDIRECTED_REQUEST, rejection.message());
    }

    private static void answer(HttpExchange exchange, int status, String message) throws IOException {
        byte[] body = message.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
        boolean head = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, head ? -1 : body.length);
        try (OutputStream out = exchange.getResponseBody()) {
            if (!head) {
                out.write(body);
            }
        } finally {
            exchange.close();
        }
    }
}
