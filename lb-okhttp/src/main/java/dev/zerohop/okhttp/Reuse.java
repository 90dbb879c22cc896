package dev.zerohop.okhttp;

import okhttp3.Connection;
import okhttp3.Protocol;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/** Whether a connection may carry another call, by what came on it. Only of HTTP/1: requests and answers take turns there, and nothing else says whose an answer is. */
final class Reuse {
    private Reuse() {}

    static boolean multiplexed(Connection connection) {
        Protocol protocol = connection.protocol();
        return protocol == Protocol.HTTP_2 || protocol == Protocol.H2_PRIOR_KNOWLEDGE;
    }

    /** A request is about to be written. */
    static void requestDue(Connection on) {
        RouteSocket socket = inTheClear(on);
        if (socket != null) {
            socket.answerDue();
        }
    }

    /** OkHttp has read the head of an answer. With {@code strict} the connection carries no other call if more could come unseen. */
    static void answered(Connection on, Response response, boolean strict) {
        RouteSocket socket = inTheClear(on);
        if (socket != null) {
            socket.answered(response);
        }
        boolean unseen = strict && (on.handshake() != null || Answers.withoutBody(response));
        if ((unseen || Answers.upgradeUnasked(response)) && !multiplexed(on)) {
            RouteSocket carrier = Carrier.of(on);
            if (carrier != null) {
                carrier.abandon();
            }
        }
    }

    /** A call has let go of it. */
    static void left(Connection on, boolean strict) {
        RouteSocket socket = strict && on.handshake() != null && !multiplexed(on) ? Carrier.of(on) : inTheClear(on);
        if (socket != null) {
            socket.left();
        }
    }

    /** The socket of a connection without TLS. */
    private static @Nullable RouteSocket inTheClear(Connection on) {
        return on.handshake() == null && !multiplexed(on) && on.socket() instanceof RouteSocket ours ? ours : null;
    }
}
