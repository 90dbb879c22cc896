package dev.zerohop.sim;

import dev.zerohop.EndpointSelector;
import io.grpc.CallOptions;
import io.grpc.LoadBalancer;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.io.ByteArrayInputStream;
import java.io.InputStream;

/** What a picker of grpc-java sees of a call: a unary method, and the key in a header if there is one. */
final class GrpcCall extends LoadBalancer.PickSubchannelArgs {
    private static final Metadata.Key<String> KEY =
            Metadata.Key.of(GrpcPolicy.KEY_HEADER, Metadata.ASCII_STRING_MARSHALLER);
    private static final MethodDescriptor<Void, Void> METHOD = MethodDescriptor.<Void, Void>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("scenario/Call")
            .setRequestMarshaller(new Nothing())
            .setResponseMarshaller(new Nothing())
            .build();

    private final Metadata headers = new Metadata();

    private GrpcCall() {}

    static GrpcCall of(Call call) {
        GrpcCall arguments = new GrpcCall();
        EndpointSelector key = call.context.selector();
        if (key != null) {
            String text = key.text();
            arguments.headers.put(KEY, text == null ? String.valueOf(key.number()) : text);
        }
        return arguments;
    }

    @Override
    public CallOptions getCallOptions() {
        return CallOptions.DEFAULT;
    }

    @Override
    public Metadata getHeaders() {
        return headers;
    }

    @Override
    public MethodDescriptor<?, ?> getMethodDescriptor() {
        return METHOD;
    }

    private static final class Nothing implements MethodDescriptor.Marshaller<Void> {
        @Override
        public InputStream stream(Void value) {
            return new ByteArrayInputStream(new byte[0]);
        }

        @Override
        public Void parse(InputStream stream) {
            throw new UnsupportedOperationException("nothing is sent");
        }
    }
}
