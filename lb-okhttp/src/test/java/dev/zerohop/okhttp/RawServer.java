package dev.zerohop.okhttp;

import dev.zerohop.Endpoint;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A server of bare sockets, for what a proper one does not do. */
final class RawServer implements AutoCloseable {
    final String id;
    private final ServerSocket listener;
    private final int port;
    private final Queue<Socket> sockets = new ConcurrentLinkedQueue<>();

    /** What to do with one connection; the socket is closed afterwards. */
    interface Script {
        void run(Socket socket, InputStream in) throws Exception;
    }

    RawServer(String id, Script script) throws IOException {
        this(id, false, script);
    }

    /** {@code once}: takes one connection, and refuses every other before that one is served. */
    RawServer(String id, boolean once, Script script) throws IOException {
        this.id = id;
        this.listener = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        this.port = listener.getLocalPort();
        Thread acceptor = new Thread(
                () -> {
                    while (true) {
                        Socket socket;
                        try {
                            socket = listener.accept();
                            if (once) {
                                listener.close();
                            }
                        } catch (IOException closed) {
                            return;
                        }
                        sockets.add(socket);
                        Thread connection = new Thread(
                                () -> {
                                    try (socket) {
                                        script.run(socket, new BufferedInputStream(socket.getInputStream()));
                                    } catch (Exception ended) {
                                        // The client sees it.
                                    }
                                },
                                id + " connection");
                        connection.setDaemon(true);
                        connection.start();
                    }
                },
                id + " acceptor");
        acceptor.setDaemon(true);
        acceptor.start();
    }

    Endpoint endpoint() {
        return Endpoint.builder("127.0.0.1", port).id(id).build();
    }

    /** Reads one request without a body, or the headers of one with. */
    static String readHead(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("closed");
            }
            head.append((char) next);
        }
        return head.toString();
    }

    static void answer(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        socket.getOutputStream().flush();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
