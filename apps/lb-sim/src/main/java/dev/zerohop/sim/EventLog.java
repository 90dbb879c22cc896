package dev.zerohop.sim;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * One line for each attempt ({@code TIME pick CALL CLIENT SERVER}) and one for the end of each call ({@code TIME end CALL OUTCOME}); times in nanoseconds from the beginning of the run. The same scenario,
 * policy and seed give the same bytes on every machine and JDK.
 */
final class EventLog {
    private static final int FLUSH_AT = 1 << 16;

    private final OutputStream to;
    private final StringBuilder lines = new StringBuilder(FLUSH_AT + 200);

    EventLog(OutputStream to) {
        this.to = to;
    }

    void title(String text) {
        lines.append("# ").append(text).append('\n');
    }

    void picked(long nanos, Call call, Server server) {
        Client client = call.client;
        begin(nanos, "pick", call)
                .append(client == null ? -1 : client.index)
                .append(' ')
                .append(server.id)
                .append('\n');
        flushIfLong();
    }

    void ended(long nanos, Call call, @Nullable Object outcome) {
        begin(nanos, "end", call).append(outcome == null ? "REFUSED" : outcome).append('\n');
        flushIfLong();
    }

    private StringBuilder begin(long nanos, String what, Call call) {
        return lines.append(nanos - VirtualTime.START_NANOS)
                .append(' ')
                .append(what)
                .append(' ')
                .append(call.number)
                .append(' ');
    }

    private void flushIfLong() {
        if (lines.length() >= FLUSH_AT) {
            flush();
        }
    }

    void flush() {
        try {
            to.write(lines.toString().getBytes(StandardCharsets.UTF_8));
            to.flush();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
        lines.setLength(0);
    }
}
