package dev.zerohop.okhttp;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import javax.net.SocketFactory;

/**
 * Makes sockets that connect to the endpoint's port, whatever port the logical URL has: our own, or the user's if the client has a factory. OkHttp only
 * ever asks for unconnected ones.
 */
final class RouteSocketFactory extends SocketFactory {
    private final Destination destination;
    private final SocketFactory users;

    RouteSocketFactory(Destination destination, SocketFactory users) {
        this.destination = destination;
        this.users = users;
    }

    Destination destination() {
        return destination;
    }

    boolean wraps(SocketFactory factory) {
        return users == factory;
    }

    boolean sameUsers(RouteSocketFactory other) {
        return users == other.users;
    }

    @Override
    public Socket createSocket() throws IOException {
        return users == SocketFactory.getDefault()
                ? RouteSocket.open(destination)
                : new RouteSocket(destination, users.createSocket(), null);
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
