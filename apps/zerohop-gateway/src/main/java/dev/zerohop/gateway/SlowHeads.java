package dev.zerohop.gateway;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.jetty.io.Connection;

/**
 * Closes connections whose client takes too long over the head of a request: each byte of it keeps a connection from being idle. A connection on which no
 * byte of a request has come is not its affair.
 */
final class SlowHeads implements Connection.Listener {
    private final long limitNanos;
    private final Map<Connection, Head> due = new ConcurrentHashMap<>();

    /**
     * A head that is due.
     *
     * @param before the bytes that had come before it
     * @param begun whether it was seen to have begun
     * @param sinceNanos when it was
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

    /** The next request may come. */
    void expect(Connection connection) {
        due.put(connection, new Head(connection.getBytesIn(), false, 0));
    }

    /** The head of a request is whole. */
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
