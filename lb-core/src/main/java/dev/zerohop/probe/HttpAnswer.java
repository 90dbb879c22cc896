package dev.zerohop.probe;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The answer to a GET over HTTP/1.1: its status is read, interim answers (1xx) are passed over, and of the rest some. In one thread. */
final class HttpAnswer {
    private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.[01] (\\d{3})(?: .*)?");

    /** Longer is no status line. */
    private static final int MAX_LINE = 1_024;

    /** Up to the final status, interim answers included; more is not read, whatever it is. */
    private static final int MAX_HEAD = 16_384;

    /** What is read of the rest, so that the server can send it in peace. */
    private static final int MAX_REST = 8_192;

    private static final int REST_MILLIS = 100;
    private static final int REST_READS = 16;

    private final Socket socket;
    private final InputStream in;
    private final Deadline deadline;
    private final byte[] some = new byte[MAX_LINE];
    private int next;
    private int end;
    private int taken;

    HttpAnswer(Socket socket, Deadline deadline) throws IOException {
        this.socket = socket;
        this.in = socket.getInputStream();
        this.deadline = deadline;
    }

    /** The final status; 0 if this is not HTTP/1.1. */
    int status() throws IOException {
        while (true) {
            Matcher line = STATUS_LINE.matcher(line());
            if (!line.matches()) {
                return 0;
            }
            int status = Integer.parseInt(line.group(1));
            if (status >= 200 || status < 100) {
                return status;
            }
            while (!line().isEmpty()) {
                // A header of an interim answer.
            }
        }
    }

    /** The next line, without its end. What is sent may have none. */
    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        while (line.length() < MAX_LINE && taken < MAX_HEAD) {
            if (next == end && !fill()) {
                break;
            }
            char c = (char) (some[next++] & 0xff);
            taken++;
            if (c == '\n') {
                break;
            }
            if (c != '\r') {
                line.append(c);
            }
        }
        return line.toString();
    }

    private boolean fill() throws IOException {
        socket.setSoTimeout(deadline.millis());
        next = 0;
        end = Math.max(0, in.read(some));
        return end > 0;
    }

    /**
     * Reads on for a moment, until the server closes: were the connection closed with something unread, the server's next write would fail with a reset, and its log would have a
     * line of each probe.
     */
    void rest() {
        try {
            int rest = 0;
            for (int reads = 0; reads < REST_READS && rest < MAX_REST; reads++) {
                socket.setSoTimeout(Math.min(REST_MILLIS, deadline.millis()));
                int count = in.read(some);
                if (count < 0) {
                    return;
                }
                rest += count;
            }
        } catch (IOException over) {
            // What was asked is answered already.
        }
    }
}
