package dev.zerohop.gateway;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.jetty.io.Connection;

/**
 * Closes connections whose client sends the head of a request too slowly: the idle timeout does not apply, since each byte resets it. Connections without any
 * byte of a request are left to the idle timeout.
 */
final class SlowHeads implements Connection.Listener {
    private final long limitNanos;
    private final Map<Connection, Head> due = new ConcurrentHashMap<>();

    /**
     * A head that is expected.
     *
     * @param before the bytes that were received before it
     * @param begun whether its first byte was seen
     * @param sinceNanos when it was seen
     */
    private record Head(long before, boolean begun, long sinceNanos) {}

    SlowHeads(Duration limit) {
        this.limitNanos = limit.toNanos();
    }

    @Override
    public void onOpened(Connection connection) {
        expect(connection);
    }

    @Override
    public void onClosed(Connection connection) {
        due.remove(connection);
    }

    /** Expects the next request. */
    void expect(Connection connection) {
        due.put(connection, new Head(connection.getBytesIn(), false, 0));
    }

    /** The head of a request is complete. */
    void whole(Connection connection) {
        due.remove(connection);
    }

    void look(long nowNanos) {
        due.forEach((connection, head) -> {
            if (!connection.getEndPoint().isOpen()) {
                due.remove(connection, head);
            } else if (!head.begun()) {
                if (connection.getBytesIn() > head.before()) {
                    due.replace(connection, head, new Head(head.before(), true, nowNanos));
                }
            } else if (nowNanos - head.sinceNanos() > limitNanos && due.remove(connection, head)) {
                connection.getEndPoint().close();
            }
        });
    }
}
