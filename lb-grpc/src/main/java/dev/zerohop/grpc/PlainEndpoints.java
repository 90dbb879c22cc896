package dev.zerohop.grpc;

import dev.zerohop.Endpoint;
import io.grpc.EquivalentAddressGroup;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/** Endpoints out of address groups of resolvers that know nothing of zerohop: the first address names the group, the weight is 1. */
final class PlainEndpoints {
    private PlainEndpoints() {}

    static Endpoint of(EquivalentAddressGroup group) {
        SocketAddress first = group.getAddresses().get(0);
        if (first instanceof InetSocketAddress inet && inet.getPort() > 0) {
            InetAddress address = inet.getAddress();
            return Endpoint.of(address == null ? inet.getHostString() : address.getHostAddress(), inet.getPort());
        }
        // In-process and Unix sockets have a name but neither host nor port; only the id is ever used.
        return Endpoint.builder("local", 1).id(first.toString()).build();
    }
}
