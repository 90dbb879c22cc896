package dev.zerohop.okhttp;

import dev.zerohop.Endpoint;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/**
 * Where the calls to one logical name go while they are routed to one endpoint: all that OkHttp's own objects refer to. OkHttp keeps the routes whose first
 * request failed for as long as the client lives, and with them this; so it refers to no connections.
 *
 * <p>One instance for as long as the endpoint keeps its id and address. Compared by identity.
 */
final class Destination {
    private final String host;
    private final Endpoint endpoint;
    private final RedirectScope redirects;
    private volatile boolean left;

    Destination(String host, Endpoint endpoint, RedirectScope redirects) {
        this.host = host;
        this.endpoint = endpoint;
        this.redirects = redirects;
    }

    Endpoint endpoint() {
        return endpoint;
    }

    /** Whether this is the name that is routed here. */
    boolean logical(String name) {
        return host.equals(name);
    }

    /** The endpoint has left. */
    void leave() {
        left = true;
    }

    /**
     * Whether OkHttp may take what it knows of one for what it knows of the other. Not so while both are endpoints; but once one has left it says nothing
     * any more, and a failed route that is kept of it shall stand for all that come after at its address, rather than each of them be kept as well.
     */
    boolean mayStandFor(Destination other) {
        return this == other || (host.equals(other.host) && (left || other.left));
    }

    /** The same for all that may stand for one another. */
    int standingHash() {
        return host.hashCode();
    }

    /**
     * The address with the endpoint's own port, if it is the logical name's. To others leads the redirect of a WebSocket's handshake, which passes no network
     * interceptor.
     *
     * @throws ConnectException if redirects must not go there
     */
    SocketAddress addressOf(SocketAddress address) throws ConnectException {
        if (address instanceof InetSocketAddress inet && inet.getAddress() != null && logical(inet.getHostString())) {
            return new InetSocketAddress(inet.getAddress(), endpoint.port());
        }
        if (redirects == RedirectScope.SAME_SERVICE) {
            throw new ConnectException(host + ": a redirect to another host is not followed");
        }
        return address;
    }

    @Override
    public String toString() {
        return host + " at " + endpoint;
    }
}
