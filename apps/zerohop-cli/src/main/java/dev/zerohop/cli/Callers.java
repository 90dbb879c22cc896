package dev.zerohop.cli;

import dev.zerohop.Target;

/** Opens the callers of the {@code call} command; tests replace it. */
interface Callers {

    /** Calls over gRPC. */
    Caller grpc(Target target, Settings settings, long timeoutNanos, String method);

    /** Calls over HTTP. */
    Caller http(Target target, Settings settings, long timeoutNanos, String path);
}
