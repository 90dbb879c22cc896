package dev.zerohop.sim.sockets;

import dev.zerohop.report.LoadReports;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;

/** Counts the probes that come over gRPC; streams that are followed are none. */
final class ProbeCount implements ServerInterceptor {
    private static final Metadata.Key<String> PROBE =
            Metadata.Key.of(LoadReports.PROBE, Metadata.ASCII_STRING_MARSHALLER);

    private final Places places;

    ProbeCount(Places places) {
        this.places = places;
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        if (call.getMethodDescriptor().getFullMethodName().equals(LoadReports.STREAM) && headers.containsKey(PROBE)) {
            places.probed();
        }
        return next.startCall(call, headers);
    }
}
