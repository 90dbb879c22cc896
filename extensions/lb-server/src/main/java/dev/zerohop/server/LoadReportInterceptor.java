package dev.zerohop.server;

import static java.util.Objects.requireNonNull;

import dev.zerohop.report.LoadReports;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;

/**
 * Counts the calls of a gRPC server and sends its load with the trailers of each, as gRFC A51 has it: clients of zerohop and those with gRPC's own {@code weighted_round_robin} read it. A report that
 * another interceptor or the application has put there stays. Thread-safe.
 */
public final class LoadReportInterceptor implements ServerInterceptor {
    private static final Metadata.Key<byte[]> TRAILER =
            Metadata.Key.of(LoadReports.TRAILER, Metadata.BINARY_BYTE_MARSHALLER);

    private final LoadReporter reporter;

    /** Reports what this reporter measures, which counts the calls. */
    public LoadReportInterceptor(LoadReporter reporter) {
        this.reporter = requireNonNull(reporter, "reporter");
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        LoadReporter.Request request = reporter.begin();
        ServerCall<Q, A> reporting = new SimpleForwardingServerCall<Q, A>(call) {
            @Override
            public void close(Status status, Metadata trailers) {
                if (!trailers.containsKey(TRAILER)) {
                    trailers.put(TRAILER, LoadReports.toProtobuf(request.report()));
                }
                request.end(failed(status.getCode()));
                super.close(status, trailers);
            }
        };
        ServerCall.Listener<Q> listener;
        try {
            listener = next.startCall(reporting, headers);
        } catch (RuntimeException | Error thrown) {
            request.end(true);
            throw thrown;
        }
        return new SimpleForwardingServerCallListener<Q>(listener) {
            @Override
            public void onCancel() {
                request.end(false);
                super.onCancel();
            }

            @Override
            public void onComplete() {
                request.end(false);
                super.onComplete();
            }
        };
    }

    /** The server's failures; the others are the request's. */
    private static boolean failed(Status.Code code) {
        return switch (code) {
            case UNKNOWN, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, INTERNAL, UNAVAILABLE, DATA_LOSS -> true;
            default -> false;
        };
    }
}
