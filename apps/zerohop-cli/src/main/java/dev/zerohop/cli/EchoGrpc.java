package dev.zerohop.cli;

import io.grpc.HandlerRegistry;
import io.grpc.KnownLength;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Answers every method of {@value #SERVICE}: the message is the server's id as UTF-8 bytes, and so is the header {@code x-server-id}. */
final class EchoGrpc extends HandlerRegistry {
    static final String SERVICE = "zerohop.Echo";
    static final Metadata.Key<String> SERVER_ID = Metadata.Key.of("x-server-id", Metadata.ASCII_STRING_MARSHALLER);

    private final byte[] id;
    private final String idText;
    private final EchoServer.Behaviour behaviour;
    private final ScheduledExecutorService timer;

    EchoGrpc(String id, EchoServer.Behaviour behaviour, ScheduledExecutorService timer) {
        this.id = id.getBytes(StandardCharsets.UTF_8);
        this.idText = id;
        this.behaviour = behaviour;
        this.timer = timer;
    }

    /** A unary method whose messages are plain bytes. */
    static MethodDescriptor<byte[], byte[]> method(String fullName) {
        return MethodDescriptor.<byte[], byte[]>newBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName(fullName)
                .setRequestMarshaller(Bytes.INSTANCE)
                .setResponseMarshaller(Bytes.INSTANCE)
                .build();
    }

    @Override
    public @Nullable ServerMethodDefinition<?, ?> lookupMethod(String methodName, @Nullable String authority) {
        if (!methodName.startsWith(SERVICE + "/")) {
            return null;
        }
        return ServerMethodDefinition.<byte[], byte[]>create(method(methodName), (call, headers) -> {
            call.request(2);
            return new ServerCall.Listener<byte[]>() {
                @Override
                public void onHalfClose() {
                    long delay = behaviour.nextDelayMillis();
                    if (delay == 0) {
                        answer(call);
                    } else {
                        timer.schedule(() -> answer(call), delay, TimeUnit.MILLISECONDS);
                    }
                }
            };
        });
    }

    private void answer(ServerCall<byte[], byte[]> call) {
        if (call.isCancelled()) {
            return;
        }
        Metadata headers = new Metadata();
        headers.put(SERVER_ID, idText);
        if (behaviour.nextFails()) {
            call.close(Status.INTERNAL.withDescription(idText + " is configured to fail this call"), headers);
            return;
        }
        call.sendHeaders(headers);
        call.sendMessage(id);
        call.close(Status.OK, new Metadata());
    }

    private enum Bytes implements MethodDescriptor.Marshaller<byte[]> {
        INSTANCE;

        @Override
        public InputStream stream(byte[] value) {
            return new Known(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
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
