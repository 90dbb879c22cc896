package dev.zerohop.okhttp;

import dev.zerohop.Endpoint;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import okhttp3.Dns;

/**
 * Answers the logical name with the endpoint's address and everything else with the user's own resolver. OkHttp shares a connection only between
 * calls whose resolvers are equal, so the route, which is compared by identity, keeps the endpoints' connections apart.
 */
record RouteDns(EndpointRoute route, Dns fallback) implements Dns {

    @Override
    public List<InetAddress> lookup(String host) throws UnknownHostException {
        if (!route.logical(host)) {
            return fallback.lookup(host);
        }
        Endpoint endpoint = route.endpoint();
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
