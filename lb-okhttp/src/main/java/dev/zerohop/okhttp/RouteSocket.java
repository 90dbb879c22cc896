package dev.zerohop.okhttp;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * A socket that connects to the endpoint, and that knows whether its server has closed it. OkHttp asks a connection that it is about to use again whether
 * it is closed, but looks for the server's side of that only after ten idle seconds; servers close idle connections sooner, and a request that is written
 * into one is lost. This one looks each time, without waiting: at the socket below TLS too, since OkHttp asks that one as well.
 *
 * <p>It looks by a read that does not block, which takes a channel. A socket of the user's own factory is what it is; it connects to the endpoint, counts
 * what is written, and is asked whether something can be read.
 *
 * <p>Without TLS it also keeps OkHttp from reading past the end of an HTTP/1 answer ({@link AnswerBounds}). A connection on which more came than the answer
 * is not used again.
 */
final class RouteSocket extends ForwardingSocket {
    /** A look costs a handful of system calls, and OkHttp asks several times before it writes. */
    private static final long LOOK_VALID_NANOS = TimeUnit.MICROSECONDS.toNanos(500);

    private static final int SWITCHING_PROTOCOLS = 101;

    private final Destination destination;
    private final @Nullable SocketChannel channel;
    private final Early early = new Early();
    private final ReentrantLock reading = new ReentrantLock();
    private final ReentrantLock writing = new ReentrantLock();
    private @Nullable InputStream input;

    // Set once, under HTTP/1 without TLS; what it holds is guarded by reading. Elsewhere a reader may hold that for
    // long.
    private volatile @Nullable AnswerBounds bounds;

    private @Nullable OutputStream output;

    private volatile long lookedAtNanos = System.nanoTime() - LOOK_VALID_NANOS;
    private volatile long written;
    private volatile boolean requestDue;
    private volatile boolean abandoned;

    private volatile int timeoutMillis;

    /** How long OkHttp itself waits for what it reads of the answer that is due. */
    private volatile int timedByOkHttpMillis;

    /** Without {@code channel}: over a socket of the user's own factory. */
    RouteSocket(Destination destination, Socket socket, @Nullable SocketChannel channel) throws SocketException {
        super(socket);
        this.destination = destination;
        this.channel = channel;
    }

    /** A socket of our own: never through a SOCKS proxy of the system's, as {@code new Socket()} may be. */
    static RouteSocket open(Destination destination) throws IOException {
        SocketChannel channel = SocketChannel.open();
        return new RouteSocket(destination, channel.socket(), channel);
    }

    // ---- what the server did ----

    /** A request is about to be written, whose answer OkHttp waits for so long. Returns a mark for {@link #nothingWrittenSince}. */
    long requestDue(int timeoutMillis) {
        timedByOkHttpMillis = timeoutMillis;
        requestDue = true;
        return written;
    }

    /** An HTTP/1 request is about to be written without TLS: of what comes then, no more is read than its answer. */
    void answerDue() {
        if (bounds == null) {
            bounds = new AnswerBounds();
        }
        requestDue = true;
    }

    /** OkHttp has read the head of the answer. */
    void answered(Response response) {
        AnswerBounds within = bounds;
        if (within == null) {
            return;
        }
        reading.lock();
        try {
            if (response.code() == SWITCHING_PROTOCOLS) {
                within.upgraded();
            } else {
                within.answered(response);
                endAt(within);
            }
        } finally {
            reading.unlock();
        }
    }

    /** What is left after the end belongs to no answer. */
    private void endAt(AnswerBounds within) {
        if (within.atEnd() && !early.isEmpty()) {
            spoil();
        }
    }

    private void spoil() {
        early.clear();
        abandon();
    }

    /** Closes a connection without TLS that its last call has left, if it is not to be used again. */
    void left() {
        if (abandoned) {
            try {
                close();
            } catch (IOException ignored) {
                // It is of no use either way.
            }
        }
    }

    /** Whether no byte was sent since; by whatever call, since several may share the connection. */
    boolean nothingWrittenSince(long mark) {
        return written == mark;
    }

    /** Whether the server has closed its side, or sent what ends the connection, without waiting. False if a reader waits: it will find out itself. */
    private boolean closedByServer() {
        SocketChannel looked = channel;
        if (looked == null) {
            return unaskedFromUsers();
        }
        if (!looked.isConnected()) {
            return false;
        }
        long now = System.nanoTime();
        if (now - lookedAtNanos < LOOK_VALID_NANOS || !reading.tryLock()) {
            return false;
        }
        try {
            if (!writing.tryLock()) {
                return false;
            }
            try {
                lookedAtNanos = now;
                return look(looked);
            } finally {
                writing.unlock();
            }
        } catch (IOException broken) {
            return true;
        } finally {
            reading.unlock();
        }
    }

    private boolean look(SocketChannel looked) throws IOException {
        AnswerBounds within = bounds;
        if (within == null) {
            return early.endOf(looked);
        }
        if (!within.atEnd()) {
            return false;
        }
        boolean ended = early.endOf(looked);
        endAt(within);
        return ended || abandoned;
    }

    /** Whether a socket without a channel has something to read that no request asked for. Its end is not seen without waiting. */
    private boolean unaskedFromUsers() {
        if (!reading.tryLock()) {
            return false;
        }
        try {
            AnswerBounds within = bounds;
            if (within != null && within.atEnd() && socket.getInputStream().available() > 0) {
                spoil();
            }
            return abandoned;
        } catch (IOException broken) {
            return true;
        } finally {
            reading.unlock();
        }
    }

    /**
     * From now on OkHttp takes the connection for closed. Calls that it carries go on; the next one that looks at it lets go of it, and the last one that
     * does so closes it.
     */
    void abandon() {
        abandoned = true;
    }

    @Override
    public boolean isClosed() {
        return abandoned || socket.isClosed() || closedByServer();
    }

    // ---- streams ----

    @Override
    public InputStream getInputStream() throws IOException {
        InputStream known = input;
        if (known == null) {
            known = new Input(socket.getInputStream());
            input = known;
        }
        return known;
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
        OutputStream known = output;
        if (known == null) {
            known = new Output(socket.getOutputStream());
            output = known;
        }
        return known;
    }

    private final class Input extends InputStream {
        private final InputStream source;

        Input(InputStream source) {
            this.source = source;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            int count = read(one, 0, 1);
            return count < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            reading.lock();
            try {
                AnswerBounds within = bounds;
                if (within != null) {
                    return read(within, target, offset, length);
                }
                return early.isEmpty() ? source.read(target, offset, length) : early.read(target, offset, length);
            } catch (IOException failure) {
                throw asOfASocket(failure);
            } finally {
                reading.unlock();
            }
        }

        private int read(AnswerBounds within, byte[] target, int offset, int length) throws IOException {
            if (within.atEnd()) {
                // So OkHttp looks whether a connection has ended that was idle for long.
                if (source.read(target, offset, length) >= 0) {
                    spoil();
                }
                return -1;
            }
            int due;
            if (early.isEmpty()) {
                int count = readAnswer(within, target, offset, length);
                if (count <= 0) {
                    return count;
                }
                due = within.due(target, offset, count);
                early.keep(target, offset + due, count - due);
            } else {
                due = early.read(within, target, offset, length);
            }
            endAt(within);
            return due;
        }

        /**
         * Reads of an answer. While that is its head, OkHttp watches the time itself, and closes this socket when it is up; a timed read of a channel would
         * watch the same time again, for five system calls more. What comes of a body with its head costs none. For the rest of a body the caller may have
         * set another time, or an end to all watching.
         */
        private int readAnswer(AnswerBounds within, byte[] target, int offset, int length) throws IOException {
            SocketChannel ours = channel;
            return ours == null || !within.inHead() || timeoutMillis != timedByOkHttpMillis
                    ? source.read(target, offset, length)
                    : ours.read(ByteBuffer.wrap(target, offset, length));
        }

        @Override
        public int available() throws IOException {
            return early.isEmpty() ? source.available() : early.size();
        }

        @Override
        public void close() throws IOException {
            RouteSocket.this.close();
        }
    }

    private final class Output extends FilterOutputStream {
        Output(OutputStream sink) {
            super(sink);
        }

        @Override
        public void write(int value) throws IOException {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] source, int offset, int length) throws IOException {
            writing.lock();
            try {
                if (requestDue) {
                    if (closedByServer() || !begin()) {
                        if (early.isEmpty()) {
                            // So that nothing waits for an answer, or takes what still comes for one.
                            close();
                        }
                        throw new SocketException("closed by the server before the request was written");
                    }
                    requestDue = false;
                }
                send(source, offset, length);
            } catch (IOException failure) {
                throw asOfASocket(failure);
            } finally {
                writing.unlock();
            }
        }

        /** Whether the connection is fit for a request. */
        private boolean begin() {
            AnswerBounds within = bounds;
            if (within == null) {
                return true;
            }
            reading.lock();
            try {
                // What comes after this request is another matter than what was looked for before.
                long looked = lookedAtNanos;
                lookedAtNanos = looked - LOOK_VALID_NANOS;
                return !abandoned && within.request();
            } finally {
                reading.unlock();
            }
        }

        // Written under the lock only.
        @SuppressWarnings("NonAtomicVolatileUpdate")
        private void send(byte[] source, int offset, int length) throws IOException {
            if (channel == null) {
                // It may have sent a part of it before it fails.
                written++;
                out.write(source, offset, length);
                return;
            }
            ByteBuffer left = ByteBuffer.wrap(source, offset, length);
            while (left.hasRemaining()) {
                written += channel.write(left);
            }
        }

        @Override
        public void close() throws IOException {
            RouteSocket.this.close();
        }
    }

    // ---- connecting ----

    @Override
    public void connect(SocketAddress address, int timeoutMillis) throws IOException {
        try {
            socket.connect(destination.addressOf(address), timeoutMillis);
        } catch (ClosedChannelException failure) {
            throw asOfASocket(failure);
        }
    }

    @Override
    @SuppressWarnings("UnsynchronizedOverridesSynchronized")
    public void setSoTimeout(int millis) throws SocketException {
        super.setSoTimeout(millis);
        timeoutMillis = millis;
    }

    @Override
    public int getLocalPort() {
        Carrier.asked(this);
        return socket.getLocalPort();
    }
}
