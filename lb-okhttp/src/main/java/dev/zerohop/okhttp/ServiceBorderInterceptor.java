package dev.zerohop.okhttp;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import okhttp3.Connection;
import okhttp3.HttpUrl;
import okhttp3.Interceptor;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * Hands redirects from or to a logical name to the {@link RoutingInterceptor}. OkHttp follows redirects below the application interceptors, so that
 * one to another service would never be balanced, and one to another host would keep the endpoint's connections. A network interceptor.
 *
 * <p>It also refuses to send a call over a connection that leads elsewhere than its lease says, and hides from OkHttp what would make it repeat a
 * routed call on its own, whatever its method.
 */
final class ServiceBorderInterceptor implements Interceptor {
    private static final Pattern TREACHEROUS = Pattern.compile("0+|[0-9]{10,}");

    private final Map<String, Service> services;

    ServiceBorderInterceptor(Map<String, Service> services) {
        this.services = services;
    }

    @Override
    public Response intercept(Chain chain) throws IOException {
        CallState call = chain.call().tag(CallState.class);
        if (call == null) {
            return chain.proceed(chain.request());
        }
        call.followUps().limit();
        Request request = call.followUps().credentials().withheld(chain.request());
        String host = request.url().host();
        Service service = services.get(host);
        boolean routed = service != null;
        if (routed && call.withoutEndpoint()) {
            throw new CacheFirst.NetworkNeededException(host);
        }
        Connection connection = chain.connection();
        EndpointRoute route = call.route();
        if (routed && connection != null && route != null && !route.carries(connection)) {
            throw astray(route, connection, call, request);
        }
        Response response = proceed(chain, call, routed ? call.entering(request) : request, connection);
        if (routed && response.code() == HttpURLConnection.HTTP_UNAVAILABLE) {
            response = withoutRetryAfter(response, call);
        }
        HttpUrl target = chain.getFollowRedirects() ? Redirects.target(response, chain.getFollowSslRedirects()) : null;
        if (service != null
                && service.redirects() == RedirectScope.SAME_SERVICE
                && target != null
                && !Redirects.sameOrigin(request.url(), target)) {
            return notFollowed(response, call);
        }
        if (target == null
                || target.host().equals(host)
                || !(routed || services.containsKey(target.host()))
                || !Redirects.followable(request, response.code())) {
            return response;
        }
        call.followUps().redirected(new FollowUps.Redirect(target, response));
        return withoutLocation(response);
    }

    /** OkHttp does not follow it, and what only looks like this here must not be cached. */
    private static Response withoutLocation(Response response) {
        return response.newBuilder()
                .removeHeader("Location")
                .header("Cache-Control", "no-store")
                .build();
    }

    /** The answer itself is what the caller gets. */
    private static Response notFollowed(Response response, CallState call) {
        call.hide("Location", response.headers("Location"));
        call.hide("Cache-Control", response.headers("Cache-Control"));
        return withoutLocation(response);
    }

    private static IOException astray(EndpointRoute route, Connection connection, CallState call, Request request)
            throws IOException {
        String where = connection.route().socketAddress() + "; nothing was sent";
        if (EndpointRoute.routes(connection)) {
            return new IOException(
                    route + ": the call got a connection to another endpoint under the same name, " + where);
        }
        // The application's own doing, and no better at the next endpoint.
        call.entering(request);
        return new IOException(
                route + ": an interceptor that was added after zerohop gave the call a Dns, SocketFactory or"
                        + " proxy of its own (add it before), which led to " + where);
    }

    /** Finds out whether a request that failed was written at all. */
    private static Response proceed(Chain chain, CallState call, Request request, @Nullable Connection connection)
            throws IOException {
        RouteSocket socket = connection == null ? null : Carrier.of(connection);
        if (socket == null) {
            return chain.proceed(request);
        }
        long mark = socket.requestDue(chain.readTimeoutMillis());
        try {
            return chain.proceed(request);
        } catch (IOException failure) {
            if (socket.nothingWrittenSince(mark)) {
                call.nothingWritten();
            }
            throw failure;
        }
    }

    /** OkHttp repeats any request at once if it reads 0 there, and throws if the number is too large for it. */
    private static Response withoutRetryAfter(Response response, CallState call) {
        List<String> values = response.headers("Retry-After");
        if (values.isEmpty()
                || !TREACHEROUS.matcher(values.get(values.size() - 1)).matches()) {
            return response;
        }
        call.hide("Retry-After", values);
        return response.newBuilder().removeHeader("Retry-After").build();
    }
}
