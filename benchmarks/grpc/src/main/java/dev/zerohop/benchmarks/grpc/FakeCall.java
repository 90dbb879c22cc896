package dev.zerohop.benchmarks.grpc;

import io.grpc.CallOptions;
import io.grpc.LoadBalancer;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.io.ByteArrayInputStream;
import java.io.InputStream;

/** What a picker sees of a call: a unary method, no options, three headers. */
final class FakeCall extends LoadBalancer.PickSubchannelArgs {
    private static final MethodDescriptor<Void, Void> METHOD = MethodDescriptor.<Void, Void>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("benchmark/Call")
            .setRequestMarshaller(new Nothing())
            .setResponseMarshaller(new Nothing())
            .build();

    private final Metadata headers = new Metadata();
    private final Metadata trailers = new Metadata();

    FakeCall() {
        for (String name : new String[] {"authorization", "x-request-id", "grpc-accept-encoding"}) {
            headers.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), name);
        }
    }

    /** The same with one more header. */
    FakeCall(Metadata.Key<String> header, String value) {
        this();
        headers.put(header, value);
    }

    @Override
    public CallOptions getCallOptions() {
        return CallOptions.DEFAULT;
    }

    @Override
    public Metadata getHeaders() {
        return headers;
    }

    Metadata trailers() {
        return trailers;
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
            return null;
        }
    }
}
