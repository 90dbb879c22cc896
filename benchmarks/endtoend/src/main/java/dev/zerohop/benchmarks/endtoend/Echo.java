package dev.zerohop.benchmarks.endtoend;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;

/** The one method that all calls are of. */
public final class Echo {
    public static final String SERVICE = "benchmark.Echo";
    public static final byte[] PAYLOAD = new byte[64];
    public static final MethodDescriptor<byte[], byte[]> METHOD = MethodDescriptor.<byte[], byte[]>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(SERVICE + "/Call")
            .setRequestMarshaller(new Bytes())
            .setResponseMarshaller(new Bytes())
            .build();

    private Echo() {}

    /** Hands its bytes over at once, as messages of protobuf do; else gRPC copies them by way of a buffer of 8 kB that it makes for each. */
    private static final class Message extends ByteArrayInputStream implements Drainable, KnownLength {
        private Message(byte[] value) {
            super(value);
        }

        @Override
        public int drainTo(OutputStream target) throws IOException {
            return (int) transferTo(target);
        }
    }

    private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new Message(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                // Its length is known: reading to an unknown end would allocate 16 kB for each answer.
                return stream.readNBytes(stream.available());
            } catch (IOException broken) {
                throw new UncheckedIOException(broken);
            }
        }
    }
}
