package dev.zerohop.grpc;

import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/**
 * {@code grpc.health.v1.Health/Check} without protobuf: the request has one field, number 1, the name of a service; the response one field, number 1, an
 * enum. Unknown fields are skipped, as everywhere in protobuf.
 */
final class HealthCheckMethod {
    /** {@code HealthCheckResponse.ServingStatus}, by number. */
    private static final String[] SERVING_STATUS = {"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"};

    static final int SERVING = 1;

    static final MethodDescriptor<String, Integer> CHECK = MethodDescriptor.<String, Integer>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("grpc.health.v1.Health/Check")
            .setRequestMarshaller(new Request())
            .setResponseMarshaller(new Response())
            .build();

    private HealthCheckMethod() {}

    static String word(int status) {
        return status >= 0 && status < SERVING_STATUS.length ? SERVING_STATUS[status] : "status " + status;
    }

    /** For one who writes; the tests' servers read with it. */
    private static final class Request implements MethodDescriptor.Marshaller<String> {
        @Override
        public InputStream stream(String service) {
            byte[] name = service.getBytes(StandardCharsets.UTF_8);
            ByteArrayOutputStream out = new ByteArrayOutputStream(name.length + 6);
            if (name.length > 0) {
                out.write(0x0a);
                int length = name.length;
                while (length > 0x7f) {
                    out.write((length & 0x7f) | 0x80);
                    length >>>= 7;
                }
                out.write(length);
                out.writeBytes(name);
            }
            return new ByteArrayInputStream(out.toByteArray());
        }

        @Override
        public String parse(InputStream stream) {
            throw new UnsupportedOperationException("clients only write it");
        }
    }

    private static final class Response implements MethodDescriptor.Marshaller<Integer> {
        @Override
        public InputStream stream(Integer status) {
            throw new UnsupportedOperationException("clients only read it");
        }

        @Override
        public Integer parse(InputStream stream) {
            try {
                int status = 0;
                for (long tag = varint(stream, true); tag >= 0; tag = varint(stream, true)) {
                    if (tag == 0x08) {
                        status = (int) varint(stream, false);
                    } else {
                        skip(stream, (int) (tag & 7));
                    }
                }
                return status;
            } catch (IOException malformed) {
                throw Status.INTERNAL
                        .withDescription("the answer of a health check is not one: " + malformed.getMessage())
                        .withCause(malformed)
                        .asRuntimeException();
            }
        }

        private static void skip(InputStream stream, int wireType) throws IOException {
            long bytes = switch (wireType) {
                case 0 -> {
                    varint(stream, false);
                    yield 0;
                }
                case 1 -> 8;
                case 2 -> varint(stream, false);
                case 5 -> 4;
                default -> throw new IOException("wire type " + wireType);
            };
            if (bytes < 0 || stream.skip(bytes) != bytes) {
                throw new IOException("it ends in the middle of a field");
            }
        }

        /** The next number; -1 at the end, if it may be there. */
        private static long varint(InputStream stream, boolean mayEnd) throws IOException {
            long value = 0;
            for (int shift = 0; shift < 64; shift += 7) {
                int next = stream.read();
                if (next < 0) {
                    if (mayEnd && shift == 0) {
                        return -1;
                    }
                    throw new IOException("it ends in the middle of a number");
                }
                value |= (long) (next & 0x7f) << shift;
                if (next < 0x80) {
                    return value;
                }
            }
            throw new IOException("a number has no end");
        }
    }
}
