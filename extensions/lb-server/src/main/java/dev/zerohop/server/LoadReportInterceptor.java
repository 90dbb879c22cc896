package dev.zerohop.server;

import static java.util.Objects.requireNonNull;

import dev.zerohop.report.LoadReports;
import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.Set;

/**
 * Counts the calls of a gRPC server and sends its load with the trailers of each, as gRFC A51 has it: clients of zerohop and those with gRPC's own {@code weighted_round_robin} read it. A report that
 * another interceptor or the application has put there stays. A call that ends by an exception or after its deadline has failed; one that its caller cancels is neither answered nor failed. Health checks
 * ({@code grpc.health.v1}) and {@linkplain LoadReportService streams of reports} are not the server's work: they neither count nor bring a report. Thread-safe.
 */
public final class LoadReportInterceptor implements ServerInterceptor {
    private static final Metadata.Key<byte[]> TRAILER =
            Metadata.Key.of(LoadReports.TRAILER, Metadata.BINARY_BYTE_MARSHALLER);

    private static final Set<String> NOT_COUNTED = Set.of("grpc.health.v1.Health", LoadReportService.NAME);

    private final LoadReporter reporter;

    /** Reports what this reporter measures, which counts the calls. */
    public LoadReportInterceptor(LoadReporter reporter) {
        this.reporter = requireNonNull(reporter, "reporter");
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        MethodDescriptor<Q, A> method = call.getMethodDescriptor();
        if (NOT_COUNTED.contains(String.valueOf(method.getServiceName()))) {
            return next.startCall(call, headers);
        }
        LoadReporter.Request request =
                method.getType() == MethodDescriptor.MethodType.UNARY ? reporter.begin() : reporter.beginStream();
        ServerCall<Q, A> reporting = new SimpleForwardingServerCall<Q, A>(call) {
            @Override
            public void close(Status status, Metadata trailers) {
                // The application may close many calls with one and the same object.
                Metadata sent = new Metadata();
                sent.merge(trailers);
                if (!sent.containsKey(TRAILER)) {
                    sent.put(TRAILER, LoadReports.toProtobuf(request.report()));
                }
                request.end(failed(status.getCode()));
                super.close(status, sent);
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
            public void onMessage(Q message) {
                failing(() -> super.onMessage(message));
            }

            @Override
            public void onHalfClose() {
                failing(super::onHalfClose);
            }

            /** gRPC ends a call whose handler throws without closing it. */
            private void failing(Runnable handler) {
                try {
                    handler.run();
                } catch (RuntimeException | Error thrown) {
                    request.end(true);
                    throw thrown;
                }
            }

            @Override
            public void onCancel() {
                Deadline deadline = Context.current().getDeadline();
                if (deadline != null && deadline.isExpired()) {
                    request.end(true);
                } else {
                    request.abandon();
                }
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
