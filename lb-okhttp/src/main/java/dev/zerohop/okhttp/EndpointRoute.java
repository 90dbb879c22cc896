package dev.zerohop.okhttp;

import dev.zerohop.Endpoint;
import java.io.IOException;
import java.net.Proxy;
import java.util.Collections;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.SocketFactory;
import okhttp3.Address;
import okhttp3.Connection;
import okhttp3.ConnectionPool;
import okhttp3.Dns;
import okhttp3.Interceptor;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * The way to one endpoint under one logical name, with its own connections. One instance for as long as the endpoint keeps its id and address; its
 * identity is what keeps its connections from those of other endpoints.
 */
final class EndpointRoute {
    private final Destination destination;
    private final ConnectionPool pool;
    private final TlsProofs proofs;
    private final boolean strictReuse;
    private final Set<Connection> lost = Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));
    private final AtomicInteger leases = new AtomicInteger();
    private volatile boolean retired;

    // Over the parts of the client that called last; nearly always there is one.
    private volatile @Nullable RouteDns dns;

    EndpointRoute(
            String host,
            Endpoint endpoint,
            ConnectionPool pool,
            TlsProofs proofs,
            boolean strictReuse,
            RedirectScope redirects) {
        this.destination = new Destination(host, endpoint, redirects);
        this.pool = pool;
        this.proofs = proofs;
        this.strictReuse = strictReuse;
    }

    Endpoint endpoint() {
        return destination.endpoint();
    }

    /**
     * Sends the request to this endpoint. OkHttp's own recovery is off: it repeats requests of any method on the same endpoint, and what may be
     * repeated, and where, is the balancer's to say.
     */
    Response proceed(Interceptor.Chain chain, Request request) throws IOException {
        RouteDns over = over(chain.getDns(), chain.getSocketFactory());
        return chain.withDns(over)
                .withSocketFactory(over.sockets())
                .withProxy(Proxy.NO_PROXY)
                .withConnectionPool(pool)
                .withRetryOnConnectionFailure(false)
                .proceed(request);
    }

    private RouteDns over(Dns usersDns, SocketFactory usersSockets) {
        RouteDns known = dns;
        if (known == null || !known.wraps(usersDns, usersSockets)) {
            known = new RouteDns(usersDns, new RouteSocketFactory(destination, usersSockets));
            dns = known;
        }
        return known;
    }

    /**
     * Makes a call let go of the connection that it holds, if that leads to another endpoint. OkHttp lets a call that is proceeded with again go on with it
     * if it works and the URL's host and port are the same; they are the same for every endpoint of a service, so a repeat would silently go to the endpoint
     * that just failed.
     */
    void leaveOther(CallState call, Request request) {
        Connection held = call.connection();
        if (held == null
                || !held.route().address().url().host().equals(request.url().host())
                || carries(held)) {
            return;
        }
        RouteSocket socket = Carrier.of(held);
        if (socket != null) {
            socket.abandon();
        }
    }

    /** Whether the connection leads to this endpoint. */
    boolean carries(Connection connection) {
        Address address = connection.route().address();
        return routes(connection)
                && address.dns() instanceof RouteDns known
                && known.destination() == destination
                && address.socketFactory() instanceof RouteSocketFactory sockets
                && sockets.destination() == destination;
    }

    /** Whether the connection leads to an endpoint at all: an interceptor below the routing can replace what that rests on. */
    static boolean routes(Connection connection) {
        Address address = connection.route().address();
        return address.dns() instanceof RouteDns
                && address.socketFactory() instanceof RouteSocketFactory
                && connection.route().proxy().type() == Proxy.Type.DIRECT;
    }

    /** The endpoint that the connection leads to; null if it is not one of a routed call. */
    static @Nullable Endpoint endpoint(Connection connection) {
        Address address = connection.route().address();
        return routes(connection)
                        && address.dns() instanceof RouteDns known
                        && known.destination().logical(address.url().host())
                ? known.destination().endpoint()
                : null;
    }

    TlsProofs proofs() {
        return proofs;
    }

    /** Whether a connection of HTTP/1 is used again only if nothing but the answer can have been sent. */
    boolean strictReuse() {
        return strictReuse;
    }

    /** Notes that a connection was lost. Returns whether that is news: all the calls that it carried find it out. */
    boolean lost(Connection connection) {
        return lost.add(connection);
    }

    /** Closes what is idle: after a broken connection its idle siblings are suspect. */
    void evictIdle() {
        pool.evictAll();
    }

    void leased() {
        leases.incrementAndGet();
    }

    void released() {
        if (leases.decrementAndGet() == 0 && retired) {
            pool.evictAll();
        }
    }

    /** The endpoint is gone: closes idle connections now, and the rest when their last lease ends. */
    void retire() {
        retired = true;
        destination.leave();
        pool.evictAll();
    }

    /** Closes what became idle since; for a retired route. Returns whether nothing is left. */
    boolean drained() {
        pool.evictAll();
        return leases.get() == 0 && pool.connectionCount() == 0;
    }

    int connections() {
        return pool.connectionCount();
    }

    @Override
    public String toString() {
        return destination.toString();
    }
}
