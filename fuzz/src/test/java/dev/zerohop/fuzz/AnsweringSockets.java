package dev.zerohop.fuzz;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.util.function.Supplier;
import javax.net.SocketFactory;

/** Sockets of a server that answers these bytes to the first that it is sent, and then closes the connection. There is no network behind them. */
public final class AnsweringSockets extends SocketFactory {
    private final Supplier<byte[]> answer;

    /** Asked for the bytes of each connection. */
    public AnsweringSockets(Supplier<byte[]> answer) {
        this.answer = answer;
    }

    @Override
    public Socket createSocket() {
        return new Answering(answer.get());
    }

    @Override
    public Socket createSocket(String host, int port) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Socket createSocket(InetAddress address, int port, InetAddress localAddress, int localPort) {
        throw new UnsupportedOperationException();
    }

    private static final class Answering extends Socket {
        private final InputStream in;
        private volatile boolean asked;
        private SocketAddress peer = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
        private boolean connected;
        private boolean closed;

        Answering(byte[] answer) {
            in = new FilterInputStream(new ByteArrayInputStream(answer)) {
                @Override
                public int read() throws IOException {
                    answered("read");
                    return super.read();
                }

                @Override
                public int read(byte[] into, int offset, int length) throws IOException {
                    answered("read");
                    return super.read(into, offset, length);
                }

                @Override
                public int available() throws IOException {
                    return asked ? super.available() : 0;
                }

                private void answered(String what) throws SocketTimeoutException {
                    if (!asked) {
                        throw new SocketTimeoutException(what + " before anything was sent");
                    }
                }
            };
        }

        @Override
        public void connect(SocketAddress endpoint, int timeout) {
            peer = endpoint;
            connected = true;
        }

        @Override
        public void connect(SocketAddress endpoint) {
            connect(endpoint, 0);
        }

        @Override
        public InputStream getInputStream() {
            return in;
        }

        @Override
        public OutputStream getOutputStream() {
            return new OutputStream() {
                @Override
                public void write(int one) {
                    asked = true;
                }

                @Override
                public void write(byte[] bytes, int offset, int length) {
                    asked = true;
                }
            };
        }

        @Override
        public SocketAddress getRemoteSocketAddress() {
            return peer;
        }

        @Override
        public InetAddress getInetAddress() {
            return InetAddress.getLoopbackAddress();
        }

        @Override
        public int getPort() {
            return ((InetSocketAddress) peer).getPort();
        }

        @Override
        public void setSoTimeout(int timeout) {}

        @Override
        public int getSoTimeout() {
            return 0;
        }

        @Override
        public void setTcpNoDelay(boolean on) {}

        @Override
        public boolean isConnected() {
            return connected;
        }

        @Override
        public boolean isClosed() {
            return closed;
        }

        @Override
        public boolean isInputShutdown() {
            return closed;
        }

        @Override
        public boolean isOutputShutdown() {
            return closed;
        }

        @Override
        public void shutdownInput() {}

        @Override
        public void shutdownOutput() {}

        @Override
        public synchronized void close() {
            closed = true;
        }
    }
}
