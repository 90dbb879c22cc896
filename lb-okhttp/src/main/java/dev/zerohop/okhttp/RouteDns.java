package dev.zerohop.okhttp;

import dev.zerohop.Endpoint;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import javax.net.SocketFactory;
import okhttp3.Dns;
import org.jspecify.annotations.Nullable;

/**
 * Answers the logical name with the endpoint's address and everything else with the user's own resolver. OkHttp shares a connection only between
 * calls whose resolvers are equal, so the destination keeps the endpoints' connections apart, and the
 * socket factory those of clients that share a routing: OkHttp itself does not compare it.
 */
final class RouteDns implements Dns {
    private final Destination destination;
    private final Dns fallback;
    private final RouteSocketFactory sockets;

    RouteDns(Dns fallback, RouteSocketFactory sockets) {
        this.destination = sockets.destination();
        this.fallback = fallback;
        this.sockets = sockets;
    }

    Destination destination() {
        return destination;
    }

    /** What makes the sockets of the same client. */
    RouteSocketFactory sockets() {
        return sockets;
    }

    boolean wraps(Dns dns, SocketFactory factory) {
        return fallback == dns && sockets.wraps(factory);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof RouteDns that
                && destination.mayStandFor(that.destination)
                && fallback.equals(that.fallback)
                && sockets.sameUsers(that.sockets);
    }

    @Override
    public int hashCode() {
        return 31 * destination.standingHash() + fallback.hashCode();
    }

    @Override
    public String toString() {
        return destination.toString();
    }

    @Override
    public List<InetAddress> lookup(String host) throws UnknownHostException {
        if (!destination.logical(host)) {
            return fallback.lookup(host);
        }
        Endpoint endpoint = destination.endpoint();
        List<InetAddress> found = Addresses.isLiteral(endpoint.host())
                ? List.of(InetAddress.getByName(endpoint.host()))
                : fallback.lookup(endpoint.host());
        List<InetAddress> labelled = new ArrayList<>(found.size());
        for (InetAddress address : found) {
            labelled.add(named(host, address));
        }
        return labelled;
    }

    /** The same address under the logical name: that is how the socket knows it, and what certificates are checked against. */
    private static InetAddress named(String host, InetAddress address) throws UnknownHostException {
        if (address instanceof Inet6Address six && six.getScopeId() != 0) {
            return Inet6Address.getByAddress(host, six.getAddress(), six.getScopeId());
        }
        return InetAddress.getByAddress(host, address.getAddress());
    }
}
