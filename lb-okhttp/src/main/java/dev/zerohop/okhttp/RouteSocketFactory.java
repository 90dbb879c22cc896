package dev.zerohop.okhttp;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import javax.net.SocketFactory;

/**
 * Makes sockets that connect to the endpoint's port, whatever port the logical URL has: our own, or the user's if the client has a factory. OkHttp only
 * ever asks for unconnected ones.
 */
final class RouteSocketFactory extends SocketFactory {
    private final EndpointRoute route;
    private final SocketFactory users;

    RouteSocketFactory(EndpointRoute route, SocketFactory users) {
        this.route = route;
        this.users = users;
    }

    boolean wraps(SocketFactory factory) {
        return users == factory;
    }

    @Override
    public Socket createSocket() throws IOException {
        return users == SocketFactory.getDefault()
                ? RouteSocket.open(route)
                : RouteSocket.over(route, users.createSocket());
    }

    static SocketAddress endpointOf(EndpointRoute route, SocketAddress address) {
        if (address instanceof InetSocketAddress inet
                && inet.getAddress() != null
                && route.logical(inet.getHostString())) {
            return new InetSocketAddress(inet.getAddress(), route.endpoint().port());
        }
        return address;
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return users.createSocket(host, port);
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) throws IOException {
        return users.createSocket(host, port, localHost, localPort);
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return users.createSocket(host, port);
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort) throws IOException {
        return users.createSocket(host, port, localHost, localPort);
    }
}
