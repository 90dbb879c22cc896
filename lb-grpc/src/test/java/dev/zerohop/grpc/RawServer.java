package dev.zerohop.grpc;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A server on a real socket that speaks HTTP/2 by hand, for what no well-behaved server sends: each stream gets the frames that the test says. */
final class RawServer implements AutoCloseable {
    static final int NO_ERROR = 0;
    static final int INTERNAL_ERROR = 2;
    static final int REFUSED_STREAM = 7;
    static final int CANCEL = 8;
    static final int ENHANCE_YOUR_CALM = 11;

    private static final int PREFACE = 24;
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int PING = 6;
    private static final int GOAWAY = 7;
    private static final int END_STREAM = 1;
    private static final int ACK = 1;
    private static final int END_HEADERS = 4;
    private static final int MAX_CONCURRENT_STREAMS = 3;

    /** What a stream gets, on the connection's thread, once its headers have arrived. */
    interface Script {
        void on(Connection connection, int stream) throws IOException;
    }

    final List<Connection> connections = new CopyOnWriteArrayList<>();
    private final ServerSocket socket;
    private final int maxStreams;
    private volatile Script script;

    RawServer(Script script) {
        this(script, Integer.MAX_VALUE);
    }

    RawServer(Script script, int maxStreams) {
        this.script = script;
        this.maxStreams = maxStreams;
        try {
            socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
        thread(() -> {
            while (true) {
                Connection connection = new Connection(socket.accept());
                connections.add(connection);
                thread(connection::serve);
            }
        });
    }

    int port() {
        return socket.getLocalPort();
    }

    void script(Script next) {
        script = next;
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void thread(Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (IOException ended) {
                // The socket was closed.
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException ignored) {
            // It is as good as closed.
        }
        connections.forEach(Connection::close);
    }

    final class Connection {
        private final Socket peer;
        private final OutputStream out;

        /** The streams that have begun, in their order. */
        final List<Integer> streams = new CopyOnWriteArrayList<>();

        Connection(Socket peer) throws IOException {
            this.peer = peer;
            this.out = peer.getOutputStream();
            peer.setTcpNoDelay(true);
        }

        private void serve() throws IOException {
            DataInputStream in = new DataInputStream(peer.getInputStream());
            in.readNBytes(PREFACE);
            frame(
                    SETTINGS,
                    0,
                    0,
                    maxStreams == Integer.MAX_VALUE
                            ? new byte[0]
                            : new byte[] {0, MAX_CONCURRENT_STREAMS, 0, 0, 0, (byte) maxStreams});
            while (true) {
                int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
                int type = in.readUnsignedByte();
                int flags = in.readUnsignedByte();
                int stream = in.readInt();
                byte[] payload = in.readNBytes(length);
                if (type == SETTINGS && (flags & ACK) == 0) {
                    frame(SETTINGS, ACK, 0, new byte[0]);
                } else if (type == PING && (flags & ACK) == 0) {
                    frame(PING, ACK, 0, payload);
                } else if (type == HEADERS) {
                    streams.add(stream);
                    script.on(this, stream);
                }
            }
        }

        private synchronized void frame(int type, int flags, int stream, byte[] payload) throws IOException {
            ByteArrayOutputStream frame = new ByteArrayOutputStream();
            frame.write(payload.length >> 16);
            frame.write(payload.length >> 8);
            frame.write(payload.length);
            frame.write(type);
            frame.write(flags);
            frame.writeBytes(bytes(stream));
            frame.writeBytes(payload);
            out.write(frame.toByteArray());
            out.flush();
        }

        void reset(int stream, int code) throws IOException {
            frame(RST_STREAM, 0, stream, bytes(code));
        }

        void goAway(int lastStream, int code) throws IOException {
            ByteArrayOutputStream payload = new ByteArrayOutputStream();
            payload.writeBytes(bytes(lastStream));
            payload.writeBytes(bytes(code));
            frame(GOAWAY, 0, 0, payload.toByteArray());
        }

        /** The first headers of an answer. */
        void answer(int stream) throws IOException {
            headers(stream, false, ":status", "200", "content-type", "application/grpc");
        }

        void message(int stream, String text) throws IOException {
            byte[] body = text.getBytes(StandardCharsets.UTF_8);
            ByteArrayOutputStream payload = new ByteArrayOutputStream();
            payload.write(0);
            payload.writeBytes(bytes(body.length));
            payload.writeBytes(body);
            frame(DATA, 0, stream, payload.toByteArray());
        }

        /** Ends the stream without the trailers that gRPC wants. */
        void end(int stream) throws IOException {
            frame(DATA, END_STREAM, stream, new byte[0]);
        }

        void trailers(int stream, int status) throws IOException {
            headers(stream, true, "grpc-status", Integer.toString(status));
        }

        /** A status without headers before it. */
        void trailersOnly(int stream, int status) throws IOException {
            headers(
                    stream,
                    true,
                    ":status",
                    "200",
                    "content-type",
                    "application/grpc",
                    "grpc-status",
                    Integer.toString(status));
        }

        void succeed(int stream, String text) throws IOException {
            answer(stream);
            message(stream, text);
            trailers(stream, 0);
        }

        void headers(int stream, boolean end, String... namesAndValues) throws IOException {
            ByteArrayOutputStream block = new ByteArrayOutputStream();
            for (int i = 0; i < namesAndValues.length; i += 2) {
                // HPACK: a literal that is not indexed, with a new name.
                block.write(0);
                string(block, namesAndValues[i]);
                string(block, namesAndValues[i + 1]);
            }
            frame(HEADERS, END_HEADERS | (end ? END_STREAM : 0), stream, block.toByteArray());
        }

        private static void string(ByteArrayOutputStream to, String text) {
            to.write(text.length());
            to.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
        }

        /** Ends the connection after what was sent; what arrives is still read, so that none of it is lost to a TCP reset. */
        void finish() throws IOException {
            peer.shutdownOutput();
        }

        private void close() {
            try {
                peer.close();
            } catch (IOException ignored) {
                // It is as good as closed.
            }
        }
    }

    private static byte[] bytes(int number) {
        return new byte[] {(byte) (number >> 24), (byte) (number >> 16), (byte) (number >> 8), (byte) number};
    }
}
