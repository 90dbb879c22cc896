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
            case CANCELLED -> Outcome.CANCELLED;
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
        String text = status.getDescription();
        return !answered && text != null && text.contains("REFUSED_STREAM");
    }
}
