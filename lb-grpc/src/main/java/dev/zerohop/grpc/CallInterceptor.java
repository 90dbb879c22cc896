package dev.zerohop.grpc;

import dev.zerohop.CallTrace;
import dev.zerohop.CallTracer;
import dev.zerohop.EndpointSelector;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** Gives each call a memory that its attempts share, and the key of its context; asks the tracer about it, if there is one. */
final class CallInterceptor implements ClientInterceptor {
    static final CallInterceptor UNTRACED = new CallInterceptor(null);

    private final @Nullable CallTracer tracer;

    private CallInterceptor(@Nullable CallTracer tracer) {
        this.tracer = tracer;
    }

    static CallInterceptor of(@Nullable CallTracer tracer) {
        return tracer == null ? UNTRACED : new CallInterceptor(tracer);
    }

    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        CallOptions own = options;
        if (options.getOption(ZerohopGrpc.SELECTOR) == null) {
            EndpointSelector selector = ZerohopGrpc.SELECTOR_IN_CONTEXT.get();
            if (selector != null) {
                own = own.withOption(ZerohopGrpc.SELECTOR, selector);
            }
        }
        CallAttempts memory = new CallAttempts();
        AttemptHeaders attemptHeaders = tracer == null ? AttemptHeaders.INSTANCE : AttemptHeaders.TRACED;
        return new SimpleForwardingClientCall<>(next.newCall(
                method, own.withOption(CallAttempts.KEY, memory).withStreamTracerFactory(attemptHeaders))) {
            @Override
            public void start(Listener<A> listener, Metadata headers) {
                CallTrace trace = tracer == null
                        ? null
                        : tracer.start(ZerohopGrpc.ADAPTER, method.getFullMethodName(), next.authority(), -1);
                if (trace == null) {
                    begin(listener, headers);
                    return;
                }
                memory.traced(trace);
                try {
                    begin(listener, headers);
                } finally {
                    memory.started();
                }
            }

            private void begin(Listener<A> listener, Metadata headers) {
                super.start(
                        new SimpleForwardingClientCallListener<>(listener) {
                            @Override
                            public void onClose(Status status, Metadata trailers) {
                                memory.ended(status);
                                CallAttempts.Ending ending = memory.endingFor(status);
                                if (ending == null) {
                                    super.onClose(status, trailers);
                                } else {
                                    super.onClose(ending.status(), ending.trailers());
                                }
                            }
                        },
                        headers);
            }
        };
    }
}
