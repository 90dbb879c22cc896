package dev.zerohop.grpc;

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

/** Gives each call a memory that its attempts share, and the key of its context. */
final class CallInterceptor implements ClientInterceptor {
    static final CallInterceptor INSTANCE = new CallInterceptor();

    private CallInterceptor() {}

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
        return new SimpleForwardingClientCall<>(next.newCall(
                method, own.withOption(CallAttempts.KEY, memory).withStreamTracerFactory(AttemptHeaders.INSTANCE))) {
            @Override
            public void start(Listener<A> listener, Metadata headers) {
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
