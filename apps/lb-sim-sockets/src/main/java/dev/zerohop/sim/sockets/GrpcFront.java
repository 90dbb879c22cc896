package dev.zerohop.sim.sockets;

import io.grpc.KnownLength;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/** The gRPC side of a server: one unary method, whose request is the work of the call. */
final class GrpcFront implements ServerCallHandler<Long, Long> {
    private static final String SERVICE = "zerohop.Simulated";

    /** A call with its work in nanoseconds; the answer is the same. */
    static final MethodDescriptor<Long, Long> METHOD = MethodDescriptor.<Long, Long>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(SERVICE + "/Call")
            .setRequestMarshaller(Nanos.INSTANCE)
            .setResponseMarshaller(Nanos.INSTANCE)
            .build();

    private final Places places;

    private GrpcFront(Places places) {
        this.places = places;
    }

    static ServerServiceDefinition of(Places places) {
        return ServerServiceDefinition.builder(SERVICE)
                .addMethod(METHOD, new GrpcFront(places))
                .build();
    }

    @Override
    public ServerCall.Listener<Long> startCall(ServerCall<Long, Long> call, Metadata headers) {
        call.request(2);
        return new ServerCall.Listener<>() {
            private long workNanos;

            @Override
            public void onMessage(Long nanos) {
                workNanos = nanos;
            }

            @Override
            public void onHalfClose() {
                places.arrive(workNanos, reply -> answer(call, workNanos, reply));
            }
        };
    }

    private static void answer(ServerCall<Long, Long> call, long nanos, Places.Reply reply) {
        if (call.isCancelled()) {
            return;
        }
        switch (reply) {
            case OK -> {
                call.sendHeaders(new Metadata());
                call.sendMessage(nanos);
                call.close(Status.OK, new Metadata());
            }
            case ERROR -> call.close(Status.INTERNAL.withDescription("what the scenario says"), new Metadata());
            case OVERLOADED ->
                call.close(Status.RESOURCE_EXHAUSTED.withDescription("what the scenario says"), new Metadata());
            case DROPPED -> call.close(Status.CANCELLED.withDescription("the run is over"), new Metadata());
        }
    }

    private enum Nanos implements MethodDescriptor.Marshaller<Long> {
        INSTANCE;

        @Override
        public InputStream stream(Long value) {
            return new Known(ByteBuffer.allocate(Long.BYTES).putLong(value).array());
        }

        @Override
        public Long parse(InputStream stream) {
            try {
                return ByteBuffer.wrap(stream.readNBytes(Long.BYTES)).getLong();
            } catch (IOException broken) {
                throw new UncheckedIOException(broken);
            }
        }

        private static final class Known extends ByteArrayInputStream implements KnownLength {
            Known(byte[] value) {
                super(value);
            }
        }
    }
}
