package dev.zerohop.etcd.support;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A bad network between a client and a server: slow, narrow, or swallowing everything in either direction without a word. What it swallows it lets
 * pass when it is healed, as TCP would by sending it again.
 */
public final class RoughProxy implements AutoCloseable {
    /** How etcd's members introduce themselves to each other. */
    private static final Pattern MEMBER = Pattern.compile("X-Server-From: ([0-9a-f]+)");

    private final ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final int target;
    private final List<Closeable> open = new CopyOnWriteArrayList<>();
    private final Set<String> cutOff = ConcurrentHashMap.newKeySet();

    /** How long everything takes, each way. */
    public volatile long delayNanos;

    /** How much passes, each way of each connection; 0 for as much as there is. */
    public volatile long bytesPerSecond;

    /** How many bytes have passed to clients. */
    public final AtomicLong passedToClients = new AtomicLong();

    private volatile boolean holdsToServer;
    private volatile boolean holdsToClient;

    public RoughProxy(int target) throws IOException {
        this.target = target;
        start(this::accept);
    }

    public String address() {
        return "127.0.0.1:" + port();
    }

    int port() {
        return listening.getLocalPort();
    }

    /** Nothing passes any more, either way. */
    public void swallow() {
        swallow(true, true);
    }

    public void swallow(boolean toServer, boolean toClient) {
        holdsToServer = toServer;
        holdsToClient = toClient;
    }

    /** Nothing passes from or to this member of a cluster; for proxies between members. */
    void swallowFrom(String member) {
        cutOff.add(member);
    }

    public void heal() {
        swallow(false, false);
        cutOff.clear();
    }

    private interface Body {
        void run() throws IOException, InterruptedException;
    }

    private static void start(Body body) {
        Thread thread = new Thread(
                () -> {
                    try {
                        body.run();
                    } catch (IOException | InterruptedException over) {
                        // One side is gone; the other follows.
                    }
                },
                "rough-proxy");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() throws IOException {
        while (true) {
            Socket client = listening.accept();
            open.add(client);
            Socket server;
            try {
                server = new Socket(InetAddress.getLoopbackAddress(), target);
            } catch (IOException down) {
                client.close();
                continue;
            }
            open.add(server);
            Connection connection = new Connection(client, server);
            start(() -> connection.pump(true));
            start(() -> connection.pump(false));
        }
    }

    /** A piece of the stream and when it arrives. */
    private record Piece(byte[] bytes, long dueNanos) {}

    private final class Connection {
        private final Socket client;
        private final Socket server;
        private volatile @Nullable String member;

        Connection(Socket client, Socket server) {
            this.client = client;
            this.server = server;
        }

        void pump(boolean toServer) throws IOException, InterruptedException {
            BlockingQueue<Piece> way = new LinkedBlockingQueue<>();
            start(() -> deliver(way, toServer));
            byte[] buffer = new byte[16_384];
            Socket from = toServer ? client : server;
            boolean first = toServer;
            int n = from.getInputStream().read(buffer);
            while (n >= 0) {
                byte[] bytes = Arrays.copyOf(buffer, n);
                if (first) {
                    Matcher introduced = MEMBER.matcher(new String(bytes, StandardCharsets.ISO_8859_1));
                    member = introduced.find() ? introduced.group(1) : null;
                    first = false;
                }
                way.add(new Piece(bytes, System.nanoTime() + delayNanos));
                n = from.getInputStream().read(buffer);
            }
            way.add(new Piece(new byte[0], System.nanoTime() + delayNanos));
        }

        private void deliver(BlockingQueue<Piece> way, boolean toServer) throws IOException, InterruptedException {
            try (client;
                    server) {
                while (true) {
                    Piece piece = way.take();
                    until(piece.dueNanos());
                    while (holds(toServer)) {
                        LockSupport.parkNanos(5_000_000);
                        if (listening.isClosed()) {
                            return;
                        }
                    }
                    if (piece.bytes().length == 0) {
                        return;
                    }
                    long limit = bytesPerSecond;
                    long begun = System.nanoTime();
                    if (!toServer) {
                        passedToClients.addAndGet(piece.bytes().length);
                    }
                    (toServer ? server : client).getOutputStream().write(piece.bytes());
                    if (limit > 0) {
                        until(begun + piece.bytes().length * 1_000_000_000L / limit);
                    }
                }
            }
        }

        private boolean holds(boolean toServer) {
            String from = member;
            return (toServer ? holdsToServer : holdsToClient) || (from != null && cutOff.contains(from));
        }
    }

    private static void until(long nanos) {
        for (long left = nanos - System.nanoTime(); left > 0; left = nanos - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
        for (Closeable socket : open) {
            socket.close();
        }
    }
}
