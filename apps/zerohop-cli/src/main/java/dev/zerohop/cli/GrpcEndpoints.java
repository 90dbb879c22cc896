package dev.zerohop.cli;

import dev.zerohop.BalancerSettings;
import dev.zerohop.Endpoint;
import dev.zerohop.Health;
import dev.zerohop.Node;
import dev.zerohop.Snapshot;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Tracks a channel's endpoints: the id of each address, and whether all of them are connected or have failed. Thread-safe. */
final class GrpcEndpoints extends FirstAnswer {
    /** Entries are never removed, since a call may end after its endpoint left. */
    private final Map<String, String> idByAddress = new ConcurrentHashMap<>();

    private volatile @Nullable String unconfigured;
    private volatile @Nullable String unnumbered;

    @Override
    boolean complete(Snapshot snapshot) {
        boolean all = true;
        unnumbered = snapshot.unnumbered();
        for (Node node : snapshot.members()) {
            Endpoint endpoint = node.endpoint();
            idByAddress.put(asConnected(endpoint), endpoint.id());
            Health.Status status = node.health().status();
            all &= endpoint.weight() == 0 || (status != Health.Status.CONNECTING && status != Health.Status.UNKNOWN);
        }
        return all;
    }

    @Override
    public void onUnconfigured(String service, String reason) {
        unconfigured = reason;
    }

    @Override
    public void onConfigured(String service, BalancerSettings settings) {
        unconfigured = null;
    }

    /** Why all calls fail: the source's first configuration is rejected; null if it is not. */
    @Nullable
    String unconfigured() {
        return unconfigured;
    }

    /** Why no endpoint has an ordinal, if the source reports it; null if some have. */
    @Nullable
    String unnumbered() {
        return unnumbered;
    }

    /** The id of the endpoint at an address: found by the IP address, else by the host name that it was resolved from, else the address itself. */
    String idOf(SocketAddress address) {
        if (!(address instanceof InetSocketAddress internet)) {
            return address.toString();
        }
        String number = internet.getAddress() == null ? "" : number(internet.getAddress(), internet.getPort());
        String id = idByAddress.get(number);
        if (id == null) {
            id = idByAddress.get(internet.getHostString() + ":" + internet.getPort());
        }
        return id == null ? number : id;
    }

    /** The address as a connection to it reports it, since an IPv6 literal has many spellings. */
    private static String asConnected(Endpoint endpoint) {
        if (endpoint.host().indexOf(':') < 0) {
            return endpoint.address();
        }
        try {
            return number(InetAddress.getByName(endpoint.host()), endpoint.port());
        } catch (UnknownHostException noLiteral) {
            return endpoint.address();
        }
    }

    private static String number(InetAddress address, int port) {
        String host = address.getHostAddress();
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
