package dev.zerohop.cli;

import dev.zerohop.Target;

/** Opens what {@code call} sends its calls through; tests put their own in its place. */
interface Callers {

    /** Calls over gRPC. */
    Caller grpc(Target target, Settings settings, long timeoutNanos, String method);

    /** Calls over HTTP. */
    Caller http(Target target, Settings settings, long timeoutNanos, String path);
}
