package dev.zerohop.cli;

import dev.zerohop.Target;

/** Opens callers over the real adapters. */
final class ZerohopCallers implements Callers {
    @Override
    public Caller grpc(Target target, Settings settings, long timeoutNanos, String method) {
        return new GrpcCaller(target, settings, timeoutNanos, method);
    }

    @Override
    public Caller http(Target target, Settings settings, long timeoutNanos, String path) {
        return new HttpCaller(target, settings, timeoutNanos, path);
    }
}
