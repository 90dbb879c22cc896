package dev.zerohop.sim;

import dev.zerohop.LoadReport;
import dev.zerohop.Outcome;
import dev.zerohop.report.LoadReports;
import io.grpc.Attributes;
import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** An attempt on a connection, as the policy's tracer follows it. What never reached its server is tried again once, as the channel does; there is no retry policy. */
final class GrpcAttempt implements Pick {
    private static final Metadata.Key<byte[]> REPORT =
            Metadata.Key.of(LoadReports.TRAILER, Metadata.BINARY_BYTE_MARSHALLER);

    private final int server;
    private final boolean reports;
    private final @Nullable ClientStreamTracer tracer;

    /**
     * Begins it.
     *
     * @param reports whether the policy looks for reports of load
     * @param factory makes the policy's tracer; null for none
     */
    GrpcAttempt(int server, boolean reports, ClientStreamTracer.@Nullable Factory factory, GrpcCall call) {
        this.server = server;
        this.reports = reports;
        if (factory == null) {
            tracer = null;
            return;
        }
        ClientStreamTracer.StreamInfo stream = ClientStreamTracer.StreamInfo.newBuilder()
                .setCallOptions(call.getCallOptions())
                .build();
        tracer = factory.newClientStreamTracer(stream, call.getHeaders());
        tracer.streamCreated(Attributes.EMPTY, call.getHeaders());
        tracer.outboundHeaders();
    }

    @Override
    public int server() {
        return server;
    }

    @Override
    public boolean wantsReport() {
        return reports;
    }

    @Override
    public void ended(Outcome outcome, @Nullable LoadReport report) {
        if (tracer == null) {
            return;
        }
        if (outcome.isAnswer()) {
            Metadata trailers = new Metadata();
            if (report != null) {
                trailers.put(REPORT, LoadReports.toProtobuf(report));
            }
            tracer.inboundHeaders(new Metadata());
            tracer.inboundTrailers(trailers);
        }
        tracer.streamClosed(status(outcome));
    }

    private static Status status(Outcome outcome) {
        return switch (outcome) {
            case SUCCESS -> Status.OK;
            case ERROR_RESPONSE -> Status.INTERNAL;
            case OVERLOADED -> Status.RESOURCE_EXHAUSTED;
            case TIMEOUT -> Status.DEADLINE_EXCEEDED;
            case CANCELLED, LEAKED -> Status.CANCELLED;
            case CONNECT_FAILURE, NOT_DISPATCHED, TRANSPORT_FAILURE, CONNECTION_LOST -> Status.UNAVAILABLE;
        };
    }

    @Override
    public boolean repeats(Call call, Outcome outcome) {
        return call.attempts == 1 && (outcome == Outcome.CONNECT_FAILURE || outcome == Outcome.NOT_DISPATCHED);
    }
}
