package dev.zerohop.grpc;

import dev.zerohop.Endpoint;
import io.grpc.EquivalentAddressGroup;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Comparator;
import java.util.List;

/**
 * Endpoints of weight 1 out of address groups of resolvers that know nothing of zerohop. All addresses of a group name it together, in an order of their own: two
 * groups that share an address are two endpoints, and a group whose addresses come in another order stays the same one.
 */
final class PlainEndpoints {
    private static final String LOCAL = "local";
    private static final int LOCAL_PORT = 1;

    private PlainEndpoints() {}

    /** Whether host and port mean nothing: it was made of a socket that has neither. */
    static boolean isLocal(Endpoint endpoint) {
        return endpoint.host().equals(LOCAL)
                && endpoint.port() == LOCAL_PORT
                && !endpoint.id().equals(endpoint.address());
    }

    static Endpoint of(EquivalentAddressGroup group) {
        List<Endpoint> each = group.getAddresses().stream()
                .distinct()
                .map(PlainEndpoints::of)
                .sorted(Comparator.comparing(Endpoint::id))
                .toList();
        Endpoint first = each.get(0);
        if (each.size() == 1) {
            return first;
        }
        return first.toBuilder()
                .id(String.join(",", each.stream().map(Endpoint::id).toList()))
                .build();
    }

    private static Endpoint of(SocketAddress address) {
        if (address instanceof InetSocketAddress inet && inet.getPort() > 0) {
            InetAddress ip = inet.getAddress();
            return Endpoint.of(ip == null ? inet.getHostString() : ip.getHostAddress(), inet.getPort());
        }
        // In-process and Unix sockets have a name but neither host nor port; only the id is ever used.
        return Endpoint.builder(LOCAL, LOCAL_PORT).id(address.toString()).build();
    }
}
