package dev.zerohop.okhttp;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/**
 * What was read of a connection before its time: of an idle one while looking whether its server has closed it, or past the end of a head. The next
 * reader gets it first. Used under the socket's lock for reading.
 */
final class Early {
    /** The type of a TLS record (RFC 8446, section 5.1), and what its version begins with. From TLS 1.3 on an alert has the type of data. */
    private static final byte[] TLS_ALERT = {0x15, 3};

    private static final byte[] HTTP_1_ANSWER = {'H', 'T', 'T', 'P', '/'};

    /** More than comes unasked before the end: a late session ticket or two, and an alert. */
    private static final int LIMIT = 4096;

    // Always ready to be filled. Nearly always nothing comes.
    private ByteBuffer bytes = ByteBuffer.allocate(8);

    boolean isEmpty() {
        return bytes.position() == 0;
    }

    int size() {
        return bytes.position();
    }

    void clear() {
        bytes.clear();
    }

    /** Adds what was read too much. */
    void keep(byte[] source, int offset, int length) {
        if (length > bytes.remaining()) {
            bytes = ByteBuffer.allocate(Math.max(LIMIT, bytes.position() + length))
                    .put(bytes.flip());
        }
        bytes.put(source, offset, length);
    }

    /** No more than is due. */
    int read(AnswerBounds within, byte[] target, int offset, int length) {
        return read(target, offset, within.due(bytes.array(), 0, Math.min(length, bytes.position())));
    }

    int read(byte[] target, int offset, int length) {
        bytes.flip();
        int count = Math.min(length, bytes.remaining());
        bytes.get(target, offset, count);
        bytes.compact();
        return count;
    }

    /** Whether the connection has ended or is about to, by what has arrived of it. Nothing may read or write meanwhile. */
    boolean endOf(SocketChannel channel) throws IOException {
        channel.configureBlocking(false);
        try {
            while (bytes.hasRemaining()) {
                int count = channel.read(bytes);
                if (count < 0) {
                    dropUnasked();
                    return true;
                }
                if (count == 0) {
                    break;
                }
                if (bytes.capacity() < LIMIT) {
                    bytes = ByteBuffer.allocate(LIMIT).put(bytes.flip());
                }
            }
        } finally {
            channel.configureBlocking(true);
        }
        return dropUnasked() || startsWith(TLS_ALERT);
    }

    /** An answer that came unasked is the answer to nothing, and not to be taken for one: servers say 408 before they close. */
    private boolean dropUnasked() {
        boolean unasked = startsWith(HTTP_1_ANSWER);
        if (unasked) {
            bytes.clear();
        }
        return unasked;
    }

    private boolean startsWith(byte[] prefix) {
        if (bytes.position() < prefix.length) {
            return false;
        }
        for (int i = 0; i < prefix.length; i++) {
            if (bytes.get(i) != prefix[i]) {
                return false;
            }
        }
        return true;
    }
}
