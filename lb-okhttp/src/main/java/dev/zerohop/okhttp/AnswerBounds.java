package dev.zerohop.okhttp;

import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * Where the answer ends that an HTTP/1 connection without TLS is giving. OkHttp reads ahead, as far as something has come; what it has of the bytes after
 * the end it would take for the answer to the next call. So it is given none of them: first what it needs to read the head, and when it has said what it
 * read there, what belongs to the body.
 *
 * <p>It follows OkHttp's own reading: what is a line, a chunk or a length here is one there. Used under the socket's lock for reading.
 */
final class AnswerBounds {
    private static final long SIZE_OVERFLOW = 0xf000_0000_0000_0000L;

    private enum State {
        /** Nothing is due: whatever comes is the answer to nothing. */
        END,
        /** The status line and the headers, up to an empty line. */
        HEAD,
        /** What OkHttp makes of the head is not known yet. */
        HEAD_READ,
        /** A number of bytes, which are left. */
        FIXED,
        /** The size of a chunk, at the beginning of its line. */
        SIZE,
        /** The rest of that line. */
        EXTENSION,
        /** The bytes of a chunk, which are left. */
        CHUNK,
        /** The end of the line after a chunk. */
        CHUNK_END,
        /** The lines after the last chunk, up to an empty one. */
        TRAILERS,
        /** All that comes, and it ends with the connection. */
        REST
    }

    private State state = State.END;
    private long left;
    private boolean emptyLine;
    private boolean carriageReturn;

    /** A request is about to be written. Returns false if the answer to the last one has not ended. */
    boolean request() {
        if (state != State.END) {
            return false;
        }
        head();
        return true;
    }

    private void head() {
        state = State.HEAD;
        line();
    }

    private void line() {
        emptyLine = true;
        carriageReturn = false;
    }

    /** OkHttp has read the final head. */
    void answered(Response response) {
        String length = response.header("Content-Length");
        boolean chunked = "chunked".equalsIgnoreCase(response.header("Transfer-Encoding"));
        boolean head = response.request().method().equals("HEAD");
        left = number(length);
        // The headers are believed against the status, but not against the method.
        if (head || (Answers.withoutBody(response) && !chunked && left < 0)) {
            state = State.END;
        } else if (chunked) {
            size();
        } else if (left >= 0) {
            state = left == 0 ? State.END : State.FIXED;
        } else {
            state = State.REST;
        }
    }

    private static long number(@Nullable String length) {
        try {
            return length == null ? -1 : Long.parseLong(length);
        } catch (NumberFormatException none) {
            return -1;
        }
    }

    /** From now on the connection belongs to another protocol. */
    void upgraded() {
        state = State.REST;
    }

    /** Whether an answer has ended, and no next one is due. */
    boolean atEnd() {
        return state == State.END;
    }

    /** Whether OkHttp reads the head of an answer, or is about to. */
    boolean inHead() {
        return state == State.HEAD || state == State.HEAD_READ;
    }

    /** How many of these bytes OkHttp may have now. 0 only at the end of the answer. */
    int due(byte[] bytes, int offset, int count) {
        if (state == State.HEAD_READ) {
            // It wants another head after one of 1xx.
            head();
        }
        int end = offset + count;
        int at = offset;
        while (at < end && state != State.END && state != State.HEAD_READ) {
            if (state == State.REST) {
                return count;
            }
            if (state == State.FIXED || state == State.CHUNK) {
                int taken = (int) Math.min(left, end - at);
                at += taken;
                left -= taken;
                if (left == 0) {
                    state = state == State.FIXED ? State.END : State.CHUNK_END;
                }
            } else {
                next(bytes[at++]);
            }
        }
        return at - offset;
    }

    private void next(byte one) {
        switch (state) {
            case SIZE -> {
                int digit = Character.digit(one, 16);
                if (digit < 0) {
                    state = State.EXTENSION;
                    extension(one);
                } else if ((left & SIZE_OVERFLOW) != 0) {
                    // OkHttp reads no further.
                    state = State.REST;
                } else {
                    left = left << 4 | digit;
                }
            }
            case EXTENSION -> extension(one);
            case CHUNK_END -> {
                if (one == '\n') {
                    size();
                }
            }
            default -> {
                if (one != '\n') {
                    emptyLine = emptyLine && !carriageReturn && one == '\r';
                    carriageReturn = one == '\r';
                } else if (emptyLine) {
                    state = state == State.HEAD ? State.HEAD_READ : State.END;
                } else {
                    line();
                }
            }
        }
    }

    private void size() {
        state = State.SIZE;
        left = 0;
    }

    private void extension(byte one) {
        if (one == '\n') {
            state = left == 0 ? State.TRAILERS : left < 0 ? State.REST : State.CHUNK;
            line();
        }
    }
}
