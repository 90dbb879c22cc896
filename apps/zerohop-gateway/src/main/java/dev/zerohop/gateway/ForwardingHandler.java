package dev.zerohop.gateway;

import dev.zerohop.Printable;
import dev.zerohop.gateway.Gateway.Limits;
import dev.zerohop.gateway.ToEndpoint.Inbound;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import okhttp3.HttpUrl;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpHeaderValue;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/** Forwards requests to functions and answers all others itself. */
final class ForwardingHandler extends Handler.Abstract {
    private static final String PREFIX = "/function/";
    private static final Set<String> NOT_FORWARDED = Set.of("CONNECT", "TRACE");

    private final GatewaySettings settings;
    private final Functions functions;
    private final DisconnectWatch disconnects;
    private final SlowHeads heads;
    private final Limits limits;
    private final Semaphore places;
    private final Callers callers;
    private final Consumer<String> log;

    ForwardingHandler(
            GatewaySettings settings,
            Functions functions,
            DisconnectWatch disconnects,
            SlowHeads heads,
            Limits limits,
            Consumer<String> log) {
        this.settings = settings;
        this.functions = functions;
        this.disconnects = disconnects;
        this.heads = heads;
        this.limits = limits;
        this.places = new Semaphore(limits.requests());
        this.callers = new Callers(settings.callerLimit());
        this.log = log;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        Connection connection = request.getConnectionMetaData().getConnection();
        heads.whole(connection);
        Request.addCompletionListener(request, failure -> heads.expect(connection));
        String caller = Request.getRemoteAddr(request);
        if (!callers.enter(caller)) {
            later(
                    response,
                    callback,
                    429,
                    caller + " has " + callers.limit() + " requests under way, which is the limit for one address");
            return true;
        }
        try {
            handleOf(request, response, callback);
        } finally {
            callers.leave(caller);
        }
        return true;
    }

    private void handleOf(Request request, Response response, Callback callback) {
        if (!places.tryAcquire()) {
            unavailable(
                    response,
                    callback,
                    "this gateway has " + limits.requests() + " requests under way, which is its limit");
            return;
        }
        long start = System.nanoTime();
        String endpoint = null;
        try {
            endpoint = forward(request, response, callback);
        } finally {
            places.release();
            if (settings.logsRequests()) {
                log.accept(request.getMethod() + " "
                        + Printable.text(request.getHttpURI().getPathQuery()) + " " + response.getStatus()
                        + " " + (endpoint == null ? "-" : endpoint) + " " + (System.nanoTime() - start) / 1_000_000
                        + " ms");
            }
        }
    }

    /** Returns the endpoint that received the request, or null. */
    private @Nullable String forward(Request request, Response response, Callback callback) {
        HttpURI uri = request.getHttpURI();
        String path = uri.getPath() == null ? "" : uri.getPath();
        if (settings.handler() == GatewaySettings.HandlerType.DUMMY) {
            dummy(request, response, callback);
            return null;
        }
        if (NOT_FORWARDED.contains(request.getMethod())) {
            answer(response, callback, 501, request.getMethod() + " is not forwarded");
            return null;
        }
        if (ForwardingHeaders.cameThrough(request, settings.node())) {
            answer(
                    response,
                    callback,
                    508,
                    "the request goes in circles: it has passed through " + settings.node()
                            + " before. Each gateway needs a"
                            + " name of its own, and the addresses of the others in eb_go_lb_gateways");
            return null;
        }
        if (!path.startsWith(PREFIX) || path.length() == PREFIX.length()) {
            answer(response, callback, 404, "the path was " + path + ", expected " + PREFIX + "NAME");
            return null;
        }
        int slash = path.indexOf('/', PREFIX.length());
        String name = decoded(path.substring(PREFIX.length(), slash < 0 ? path.length() : slash));
        Set<String> known = functions.known();
        if (known == null) {
            unavailable(response, callback, "etcd has not answered yet, so the functions are not known");
            return null;
        }
        if (!known.contains(name)) {
            answer(response, callback, 404, "there is no function " + name + " in zone " + settings.zone());
            return null;
        }
        if (hasBody(request) && bodiless(request.getMethod())) {
            answer(response, callback, 400, "a " + request.getMethod() + " with a body is not forwarded");
            return null;
        }
        List<String> encodings = request.getHeaders().getCSV(HttpHeader.TRANSFER_ENCODING, true);
        if (encodings.size() > 1
                || (encodings.size() == 1 && !encodings.get(0).equalsIgnoreCase(HttpHeaderValue.CHUNKED.asString()))) {
            // The server library decodes chunked and no other coding, so the endpoint would take the encoded body
            // for the original.
            answer(
                    response,
                    callback,
                    501,
                    "Transfer-Encoding was " + String.join(", ", encodings) + ", expected chunked or none");
            return null;
        }
        String rest = slash < 0 ? "/" : path.substring(slash);
        if (dotted(path)) {
            answer(response, callback, 400, "the path was " + path + ", expected one without . and .. as segments");
            return null;
        }
        Inbound inbound = new Inbound(
                url(path, uri.getQuery()),
                request.getHeaders().contains(HttpHeader.USER_AGENT),
                request.getHeaders().contains(HttpHeader.ACCEPT_ENCODING));
        boolean direct = ForwardingHeaders.cameThroughAGateway(request);
        Exchange exchange = new Exchange(request, response, callback, settings, limits.slow());
        disconnects.add(exchange);
        Functions.Way way = functions.enter(name, direct);
        try {
            return exchange.run(way.client(), url(rest, uri.getQuery()), inbound, hasBody(request));
        } finally {
            way.leave();
            disconnects.remove(exchange);
        }
    }

    /** Like golb's own: 200 to everything, with this text and without a line end. */
    private static void dummy(Request request, Response response, Callback callback) {
        response.setStatus(200);
        ForwardingHeaders.date(response.getHeaders());
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "text/plain; charset=utf-8");
        String host = request.getHeaders().get(HttpHeader.HOST);
        Content.Sink.write(
                response,
                true,
                "Dummy response, URL: " + request.getHttpURI().getPathQuery() + ", Host: " + (host == null ? "" : host),
                callback);
    }

    static HttpUrl url(String path, @Nullable String query) {
        return new HttpUrl.Builder()
                .scheme("http")
                .host(Functions.HOST)
                .encodedPath(path)
                .encodedQuery(query)
                .build();
    }

    static boolean dotted(String path) {
        return path.contains("/./") || path.contains("/../") || path.endsWith("/.") || path.endsWith("/..");
    }

    private static String decoded(String segment) {
        try {
            return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException notEncoded) {
            return segment;
        }
    }

    private static boolean hasBody(Request request) {
        return request.getHeaders().contains(HttpHeader.TRANSFER_ENCODING)
                || request.getHeaders().getLongField(HttpHeader.CONTENT_LENGTH) > 0;
    }

    /** OkHttp sends no body with these methods. */
    private static boolean bodiless(String method) {
        return method.equals("GET") || method.equals("HEAD");
    }

    static void unavailable(Response response, Callback callback, String sentence) {
        later(response, callback, 503, sentence);
    }

    private static void later(Response response, Callback callback, int status, String sentence) {
        response.getHeaders().put(HttpHeader.RETRY_AFTER, "1");
        answer(response, callback, status, sentence);
    }

    /** An answer of the gateway's own. */
    static void answer(Response response, Callback callback, int status, String sentence) {
        response.setStatus(status);
        ForwardingHeaders.date(response.getHeaders());
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "text/plain; charset=utf-8");
        Content.Sink.write(response, true, "zerohop gateway: " + Printable.text(sentence) + "\n", callback);
    }
}
