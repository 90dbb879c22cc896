package dev.zerohop;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/** Connections as under gRPC: each endpoint begins as connecting, and a test reports the rest. */
final class Connectivity implements HealthSource {
    private @Nullable Sink sink;

    void report(String id, Health.Status status) {
        requireNonNull(sink, "the balancer has not been started")
                .report(id, Verdict.lasting(status, "set by the test"));
    }

    @Override
    public String name() {
        return "connectivity";
    }

    @Override
    public Verdict initial() {
        return Verdict.lasting(Health.Status.CONNECTING, "a connection is being made");
    }

    @Override
    public void start(Sink sink) {
        this.sink = sink;
    }

    @Override
    public void close() {}
}
