package dev.zerohop.grpc;

import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;

/**
 * Rids each attempt of a number of attempts that the application forwards from another call. Runs before the attempt is picked, whatever the order of the
 * channel's interceptors, and knows the true number, and whether the transport itself repeats the attempt.
 */
final class AttemptHeaders extends ClientStreamTracer.Factory {
    static final AttemptHeaders INSTANCE = new AttemptHeaders(false);

    /** For calls that may be traced: tells the trace that the interceptors are through. */
    static final AttemptHeaders TRACED = new AttemptHeaders(true);

    private static final ClientStreamTracer NOTHING_TO_TRACE = new ClientStreamTracer() {};

    private final boolean traced;

    private AttemptHeaders(boolean traced) {
        this.traced = traced;
    }

    @Override
    public ClientStreamTracer newClientStreamTracer(ClientStreamTracer.StreamInfo info, Metadata headers) {
        if (info.isTransparentRetry()) {
            CallAttempts memory = info.getCallOptions().getOption(CallAttempts.KEY);
            if (memory != null) {
                memory.repeatedByTransport();
            }
        }
        if (headers.containsKey(Repetition.HEADER)) {
            headers.discardAll(Repetition.HEADER);
            if (info.getPreviousAttempts() > 0) {
                headers.put(Repetition.HEADER, Integer.toString(info.getPreviousAttempts()));
            }
        }
        CallAttempts memory = traced ? info.getCallOptions().getOption(CallAttempts.KEY) : null;
        if (memory != null) {
            memory.entered();
        }
        return NOTHING_TO_TRACE;
    }
}
