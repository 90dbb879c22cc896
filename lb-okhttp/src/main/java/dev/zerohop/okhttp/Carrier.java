package dev.zerohop.okhttp;

import java.net.Socket;
import okhttp3.Connection;
import org.jspecify.annotations.Nullable;

/** Finds the socket of ours that carries a connection. */
final class Carrier {
    /** Where the socket below TLS leaves itself. */
    private static final ThreadLocal<RouteSocket @Nullable []> ASKED = new ThreadLocal<>();

    private Carrier() {}

    /** The socket that carries the connection, with TLS or without; null if it is not one of ours. */
    static @Nullable RouteSocket of(Connection connection) {
        Socket top = connection.socket();
        if (top instanceof RouteSocket ours) {
            return ours;
        }
        // A TLS socket does not say what it is laid over, but asks it for its port.
        RouteSocket[] answer = new RouteSocket[1];
        ASKED.set(answer);
        try {
            top.getLocalPort();
        } finally {
            ASKED.remove();
        }
        return answer[0];
    }

    /** The socket was asked for its port. */
    static void asked(RouteSocket socket) {
        RouteSocket[] asked = ASKED.get();
        if (asked != null) {
            asked[0] = socket;
        }
    }
}
