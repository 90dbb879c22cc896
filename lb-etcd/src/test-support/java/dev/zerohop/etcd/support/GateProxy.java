package dev.zerohop.etcd.support;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/** Stands between one client and etcd: lets everything pass, or nothing for a while, or cuts it for good at a certain word of the client. */
public final class GateProxy implements AutoCloseable {
    /** Where a connection is cut. */
    public enum Cut {
        /** Half of what the client sent with the word in it has passed. */
        BEFORE,
        /** All of it has passed, and no answer comes back. */
        AFTER
    }

    private final ServerSocket listening;
    private final int target;
    private final List<Closeable> open = new CopyOnWriteArrayList<>();

    // Guarded by this.
    private boolean held;
    private boolean dead;

    private volatile String word = "";
    private volatile Cut where = Cut.BEFORE;

    /** The word has come. */
    public final CountDownLatch cut = new CountDownLatch(1);

    public GateProxy(int target) throws IOException {
        this.listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        this.target = target;
        start(this::accept);
    }

    public String address() {
        return "127.0.0.1:" + listening.getLocalPort();
    }

    /** Holds whatever is said from now on, in either direction. */
    public synchronized void hold() {
        held = true;
    }

    /** Lets it pass. */
    public synchronized void release() {
        held = false;
        notifyAll();
    }

    /** Ends every connection, and lets nothing pass on new ones until {@link #release}. */
    public void shut() throws IOException {
        hold();
        for (Closeable socket : open) {
            socket.close();
        }
    }

    /** Cuts everything for good once the client says this. */
    public void cutAt(String word, Cut where) {
        this.where = where;
        this.word = word;
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
                "gate");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() throws IOException, InterruptedException {
        while (true) {
            Socket client = listening.accept();
            pass();
            Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
            open.add(client);
            open.add(server);
            start(() -> copy(client, server, true));
            start(() -> copy(server, client, false));
        }
    }

    private synchronized void pass() throws IOException, InterruptedException {
        while (held && !dead) {
            wait();
        }
        if (dead) {
            throw new IOException("cut");
        }
    }

    private void copy(Socket from, Socket to, boolean fromClient) throws IOException, InterruptedException {
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] buffer = new byte[65_536];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                pass();
                boolean said = fromClient
                        && !word.isEmpty()
                        && new String(buffer, 0, n, StandardCharsets.ISO_8859_1).contains(word);
                if (said && where == Cut.AFTER) {
                    synchronized (this) {
                        dead = true;
                    }
                }
                out.write(buffer, 0, said && where == Cut.BEFORE ? n / 2 : n);
                if (said) {
                    cut.countDown();
                    if (where == Cut.BEFORE) {
                        close();
                    }
                }
            }
        }
    }

    @Override
    public void close() throws IOException {
        synchronized (this) {
            dead = true;
            notifyAll();
        }
        listening.close();
        for (Closeable socket : open) {
            socket.close();
        }
    }
}
