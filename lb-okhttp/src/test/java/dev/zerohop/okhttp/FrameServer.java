package dev.zerohop.okhttp;

import dev.zerohop.Endpoint;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;

/** A server of bare HTTP/2 frames (RFC 9113) without TLS: it answers, resets, says goodbye and breaks when the test says so. */
final class FrameServer implements AutoCloseable {
    static final int INTERNAL_ERROR = 2;
    static final int REFUSED_STREAM = 7;

    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int PING = 6;
    private static final int GOAWAY = 7;
    private static final int ACK_OR_END = 1;
    private static final int END_HEADERS = 4;
    private static final int PREFACE_LENGTH = 24;

    // HPACK's static table (RFC 7541, appendix A).
    static final int OK = 0x88;

    final List<Connection> connections = new CopyOnWriteArrayList<>();
    private final RawServer server;

    FrameServer(String id, BiConsumer<Connection, Integer> onRequest) throws IOException {
        this(id, onRequest, (connection, stream) -> {});
    }

    /** {@code onRequest} is called at the headers of a request, {@code onData} at each part of its body. */
    FrameServer(String id, BiConsumer<Connection, Integer> onRequest, BiConsumer<Connection, Integer> onData)
            throws IOException {
        server = new RawServer(id, (socket, in) -> {
            Connection connection = new Connection(socket);
            connections.add(connection);
            connection.run(in, onRequest, onData);
        });
    }

    Endpoint endpoint() {
        return server.endpoint();
    }

    /** Sends a part of the body of the one request that there was. */
    void data(String text, boolean last) {
        Connection connection = connections.get(0);
        connection.data(connection.streams.get(0), text, last);
    }

    int requests() {
        return connections.stream()
                .mapToInt(connection -> connection.streams.size())
                .sum();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }

    /** One connection; methods may be called from any thread. */
    static final class Connection {
        final List<Integer> streams = new CopyOnWriteArrayList<>();

        /** How many pings were answered: what was sent before them has been read. */
        final AtomicInteger pongs = new AtomicInteger();

        /** Answers no pings. */
        volatile boolean deaf;

        private final Socket socket;

        Connection(Socket socket) {
            this.socket = socket;
        }

        private void run(
                InputStream raw, BiConsumer<Connection, Integer> onRequest, BiConsumer<Connection, Integer> onData)
                throws IOException {
            DataInputStream in = new DataInputStream(raw);
            in.readFully(new byte[PREFACE_LENGTH]);
            frame(SETTINGS, 0, 0);
            while (true) {
                int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
                int type = in.readUnsignedByte();
                int flags = in.readUnsignedByte();
                int stream = in.readInt();
                byte[] payload = new byte[length];
                in.readFully(payload);
                if (type == SETTINGS && flags != ACK_OR_END) {
                    frame(SETTINGS, ACK_OR_END, 0);
                } else if (type == PING && flags != ACK_OR_END && deaf) {
                    continue;
                } else if (type == PING && flags != ACK_OR_END) {
                    frame(PING, ACK_OR_END, 0, payload);
                } else if (type == PING) {
                    pongs.incrementAndGet();
                } else if (type == DATA) {
                    onData.accept(this, stream);
                } else if (type == HEADERS) {
                    streams.add(stream);
                    onRequest.accept(this, stream);
                }
            }
        }

        private synchronized void frame(int type, int flags, int stream, byte... payload) {
            int length = payload.length;
            byte[] head = {
                (byte) (length >> 16),
                (byte) (length >> 8),
                (byte) length,
                (byte) type,
                (byte) flags,
                (byte) (stream >> 24),
                (byte) (stream >> 16),
                (byte) (stream >> 8),
                (byte) stream
            };
            try {
                OutputStream out = socket.getOutputStream();
                out.write(head);
                out.write(payload);
                out.flush();
            } catch (IOException closed) {
                // The client sees it.
            }
        }

        /** The headers of an answer 200, with its body to come. */
        void headers(int stream) {
            frame(HEADERS, END_HEADERS, stream, (byte) OK);
        }

        void data(int stream, String text, boolean last) {
            frame(DATA, last ? ACK_OR_END : 0, stream, text.getBytes(StandardCharsets.UTF_8));
        }

        void answer(int stream, String text) {
            headers(stream);
            data(stream, text, true);
        }

        /** An answer of another status, without a body. */
        void status(int stream, String status) {
            status(stream, status, true);
        }

        void status(int stream, String status, boolean last) {
            byte[] digits = status.getBytes(StandardCharsets.US_ASCII);
            // A literal without indexing, with the name of entry 8, which is :status.
            byte[] block = {8, 3, digits[0], digits[1], digits[2]};
            frame(HEADERS, last ? END_HEADERS | ACK_OR_END : END_HEADERS, stream, block);
        }

        void reset(int stream, int error) {
            frame(RST_STREAM, 0, stream, (byte) 0, (byte) 0, (byte) 0, (byte) error);
        }

        /** The last stream that is served; the connection goes on for it. */
        void goAway(int last) {
            byte[] payload = {(byte) (last >> 24), (byte) (last >> 16), (byte) (last >> 8), (byte) last, 0, 0, 0, 0};
            frame(GOAWAY, 0, 0, payload);
        }

        void ping() {
            frame(PING, 0, 0, new byte[8]);
        }

        /** Resets the connection, where {@link #breakOff} ends it between two frames. */
        void abort() {
            try {
                socket.setSoLinger(true, 0);
            } catch (IOException closed) {
                // Then there is nothing to reset.
            }
            breakOff();
        }

        void breakOff() {
            try {
                socket.close();
            } catch (IOException closed) {
                // That it is.
            }
        }
    }
}
