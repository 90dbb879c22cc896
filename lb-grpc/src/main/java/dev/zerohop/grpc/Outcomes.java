package dev.zerohop.grpc;

import dev.zerohop.Outcome;
import io.grpc.Status;

/**
 * Classes the end of a stream. A tracer is not told how far the server came with it (grpc keeps that to its own retries), so the class follows from what passed:
 * headers out, headers in, trailers in.
 */
final class Outcomes {
    private Outcomes() {}

    static Outcome of(Status status, boolean sent, boolean answered, boolean finishedByServer) {
        if (status.isOk()) {
            return Outcome.SUCCESS;
        }
        if (finishedByServer) {
            return Outcome.ERROR_RESPONSE;
        }
        return switch (status.getCode()) {
            // A server that is stopped hard resets its streams with CANCEL; nobody here gave up.
            case CANCELLED -> says(status, "HTTP/2 error code") ? Outcome.TRANSPORT_FAILURE : Outcome.CANCELLED;
            case DEADLINE_EXCEEDED -> Outcome.TIMEOUT;
            case UNAVAILABLE, INTERNAL, UNKNOWN ->
                notProcessed(status, sent, answered) ? Outcome.NOT_DISPATCHED : Outcome.TRANSPORT_FAILURE;
            // A limit or a check of this side, such as a message that is too large.
            default -> Outcome.ERROR_RESPONSE;
        };
    }

    private static boolean notProcessed(Status status, boolean sent, boolean answered) {
        if (!sent) {
            return true;
        }
        return !answered && says(status, "REFUSED_STREAM");
    }

    private static boolean says(Status status, String words) {
        String text = status.getDescription();
        return text != null && text.contains(words);
    }
}
