package dev.zerohop.etcd.support;

import com.google.protobuf.InvalidProtocolBufferException;
import io.etcd.jetcd.api.WatchResponse;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands between a client and etcd. On its first connection it lets the first answer pass and holds what the client says next (its watch) until
 * told; then, if told so, it cuts the connection behind the last "created", so that events that were pending never arrive. Later connections pass.
 */
public final class CuttingProxy implements AutoCloseable {
    private static final int DATA = 0;

    private final ServerSocket listening;
    private final int target;
    private final List<Closeable> open = new CopyOnWriteArrayList<>();
    private final AtomicInteger connections = new AtomicInteger();

    /** The first answer has passed; what the client says next is held. */
    public final CountDownLatch answered = new CountDownLatch(1);

    /** Lets it pass. */
    public final CountDownLatch released = new CountDownLatch(1);

    /** How many watches may be created on the first connection before it is cut; never cut if it is 0. */
    public volatile int cutAfterCreated;

    /** Whether the first connection was cut there. */
    public final CountDownLatch cut = new CountDownLatch(1);

    /** Events that passed on the first connection. */
    public final AtomicInteger eventsPassed = new AtomicInteger();

    public CuttingProxy(int target) throws IOException {
        this.listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        this.target = target;
        start("accept", this::accept);
    }

    public String address() {
        return "127.0.0.1:" + listening.getLocalPort();
    }

    private interface Body {
        void run() throws IOException, InterruptedException;
    }

    private static void start(String name, Body body) {
        Thread thread = new Thread(
                () -> {
                    try {
                        body.run();
                    } catch (IOException | InterruptedException over) {
                        // One side is gone; the other follows.
                    }
                },
                "proxy-" + name);
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() throws IOException {
        while (true) {
            Socket client = listening.accept();
            Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
            open.add(client);
            open.add(server);
            boolean first = connections.incrementAndGet() == 1;
            start("to-server", () -> toServer(client, server, first));
            start("to-client", () -> toClient(client, server, first));
        }
    }

    private void toServer(Socket client, Socket server, boolean first) throws IOException, InterruptedException {
        try (client;
                server) {
            InputStream in = client.getInputStream();
            OutputStream out = server.getOutputStream();
            byte[] buffer = new byte[65_536];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                if (first && answered.getCount() == 0) {
                    released.await();
                }
                out.write(buffer, 0, n);
            }
        }
    }

    private void toClient(Socket client, Socket server, boolean first) throws IOException {
        try (client;
                server) {
            DataInputStream in = new DataInputStream(server.getInputStream());
            OutputStream out = client.getOutputStream();
            if (!first) {
                in.transferTo(out);
                return;
            }
            int created = 0;
            while (true) {
                byte[] frame = frame(in);
                boolean data = frame[3] == DATA && frame.length > 9;
                if (data && answered.getCount() > 0) {
                    answered.countDown();
                } else if (data) {
                    for (WatchResponse response : responses(frame)) {
                        created += response.getCreated() ? 1 : 0;
                        eventsPassed.addAndGet(response.getEventsCount());
                    }
                }
                out.write(frame);
                if (cutAfterCreated > 0 && created >= cutAfterCreated) {
                    cut.countDown();
                    return;
                }
            }
        }
    }

    /** One HTTP/2 frame with its nine bytes of header. */
    private static byte[] frame(DataInputStream in) throws IOException {
        byte[] header = new byte[9];
        in.readFully(header);
        int length = (header[0] & 0xff) << 16 | (header[1] & 0xff) << 8 | (header[2] & 0xff);
        byte[] frame = java.util.Arrays.copyOf(header, 9 + length);
        in.readFully(frame, 9, length);
        return frame;
    }

    /** The messages in a frame; etcd begins each small one in a frame of its own. */
    private static List<WatchResponse> responses(byte[] frame) throws IOException {
        List<WatchResponse> found = new java.util.ArrayList<>();
        ByteBuffer messages = ByteBuffer.wrap(frame, 9, frame.length - 9);
        while (messages.remaining() >= 5) {
            messages.get();
            byte[] message = new byte[messages.getInt()];
            if (messages.remaining() < message.length) {
                throw new EOFException("a message over several frames");
            }
            messages.get(message);
            try {
                found.add(WatchResponse.parseFrom(message));
            } catch (InvalidProtocolBufferException other) {
                // An answer to something else.
            }
        }
        return found;
    }

    @Override
    public void close() throws IOException {
        released.countDown();
        listening.close();
        for (Closeable socket : open) {
            socket.close();
        }
    }
}
