package dev.zerohop.grpc;

import dev.zerohop.Outcome;
import io.grpc.Status;

/**
 * Classes the end of a stream that was started. A tracer does not learn how far the server came with it (grpc keeps that to its own retries), so the class
 * follows from what passed, headers out, headers in, trailers in, and from the words that grpc's transports have for what HTTP/2 did.
 */
final class Outcomes {
    private static final String HTTP2_CODE = "HTTP/2 error code: ";

    private Outcomes() {}

    /**
     * The class of the end.
     *
     * @param sent whether the headers left this side
     * @param answered whether headers or a message arrived
     * @param finishedByServer whether the server's trailers arrived
     * @param late whether the call's deadline has passed
     */
    static Outcome of(Status status, boolean sent, boolean answered, boolean finishedByServer, boolean late) {
        if (status.isOk()) {
            return Outcome.SUCCESS;
        }
        String text = status.getDescription() == null ? "" : status.getDescription();
        if (finishedByServer) {
            return status.getCode() == Status.Code.RESOURCE_EXHAUSTED && !tooLarge(text)
                    ? Outcome.OVERLOADED
                    : Outcome.ERROR_RESPONSE;
        }
        if (text.startsWith("HTTP status code ")) {
            // A proxy or another server of HTTP answered.
            return Outcome.ERROR_RESPONSE;
        }
        if (text.startsWith("Channel shutdownNow invoked")) {
            return Outcome.CANCELLED;
        }
        Status.Code code = status.getCode();
        boolean broken = text.contains(HTTP2_CODE);
        if (code == Status.Code.DEADLINE_EXCEEDED || (code == Status.Code.CANCELLED && (late || !broken))) {
            // A server may notice the deadline first and reset the stream. One that has answered has kept the time.
            return (late || code == Status.Code.DEADLINE_EXCEEDED) && sent && !answered
                    ? Outcome.TIMEOUT
                    : Outcome.CANCELLED;
        }
        if (!sent || (!answered && refused(text))) {
            return Outcome.NOT_DISPATCHED;
        }
        return switch (code) {
            case UNAVAILABLE, INTERNAL, UNKNOWN -> Outcome.TRANSPORT_FAILURE;
            // A limit or a check of this side, such as a message that is too large, if not a code of HTTP/2's.
            default -> broken ? Outcome.TRANSPORT_FAILURE : Outcome.ERROR_RESPONSE;
        };
    }

    /**
     * Whether a transport failure may be that of the whole connection. The reset of one stream is not, unless with CANCEL: so ends a server that is stopped
     * hard, before it closes its connections.
     */
    static boolean ofConnection(Status status) {
        String text = status.getDescription();
        return text == null || !reset(text) || hasCode(text, "CANCEL");
    }

    /** grpc's own limit, here or at the server: says something of the message, and nothing of load. */
    private static boolean tooLarge(String text) {
        return text.contains("message exceeds maximum size");
    }

    private static boolean refused(String text) {
        return (reset(text) && hasCode(text, "REFUSED_STREAM")) || (past(text) && hasCode(text, "NO_ERROR"));
    }

    /** RST_STREAM, in the words of grpc-netty and of grpc-okhttp. */
    private static boolean reset(String text) {
        return text.startsWith("RST_STREAM closed stream") || text.endsWith("\nRst Stream");
    }

    /**
     * A GOAWAY whose last stream is before this one. With an error grpc-netty does not trust the number (servers on Netty may name a wrong one) and neither
     * do we.
     */
    private static boolean past(String text) {
        return text.startsWith("Abrupt GOAWAY closed sent stream") || text.contains("\nReceived Goaway");
    }

    private static boolean hasCode(String text, String name) {
        int at = text.indexOf(HTTP2_CODE);
        return at >= 0 && text.startsWith(name, at + HTTP2_CODE.length());
    }
}
