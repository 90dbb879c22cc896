package dev.zerohop.okhttp;

import java.io.IOException;
import java.net.Proxy;
import java.net.UnknownHostException;
import okhttp3.CacheControl;
import okhttp3.Connection;
import okhttp3.CookieJar;
import okhttp3.Dns;
import okhttp3.HttpUrl;
import okhttp3.Interceptor;
import okhttp3.Request;

/**
 * Makes a call let go of a connection to another endpoint before it is sent to the next one.
 *
 * <p>OkHttp lets a call that is proceeded with again go on with the connection that it holds, if that is healthy and the URL's host and port are the
 * same. They are the same for every endpoint of a service, so a repeat would silently go to the endpoint that just failed (HTTP/2 only: an HTTP/1
 * connection does not survive a failure). A host that differs makes OkHttp release it, and one without addresses ends there.
 */
final class ReleaseConnection {
    /** RFC 2606: never resolves, anywhere. */
    private static final HttpUrl NOWHERE = HttpUrl.get("http://released.invalid/");

    private static final Dns NO_ADDRESS = host -> {
        throw new UnknownHostException(host + " has no address on purpose");
    };

    private ReleaseConnection() {}

    static void ofOther(EndpointRoute route, Interceptor.Chain chain, CallState call, Request request) {
        Connection held = call.connection();
        if (held == null
                || !held.route().address().url().host().equals(request.url().host())
                || carries(held, route)) {
            return;
        }
        Request nowhere = new Request.Builder()
                .url(NOWHERE)
                .cacheControl(CacheControl.FORCE_NETWORK)
                .build();
        try {
            chain.withDns(NO_ADDRESS)
                    .withProxy(Proxy.NO_PROXY)
                    .withCache(null)
                    .withCookieJar(CookieJar.NO_COOKIES)
                    .withRetryOnConnectionFailure(false)
                    .proceed(nowhere)
                    .close();
        } catch (IOException expected) {
            // Released; or cancelled, which the next step finds out.
        }
        call.released();
    }

    /** Whether the connection leads to the route's endpoint. */
    static boolean carries(Connection connection, EndpointRoute route) {
        return connection.route().address().dns() instanceof RouteDns dns && dns.route() == route;
    }
}
