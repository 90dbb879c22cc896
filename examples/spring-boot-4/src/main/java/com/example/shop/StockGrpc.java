package com.example.shop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;

/** Stands for what protoc would generate: one method, and a stub that calls it. */
final class StockGrpc {
    private static final MethodDescriptor.Marshaller<String> TEXT = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(String value) {
            return new ByteArrayInputStream(value.getBytes(UTF_8));
        }

        @Override
        public String parse(InputStream stream) {
            try {
                return new String(stream.readAllBytes(), UTF_8);
            } catch (IOException failed) {
                throw new UncheckedIOException(failed);
            }
        }
    };

    static final MethodDescriptor<String, String> COUNT = MethodDescriptor.<String, String>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("Stock/Count")
            .setRequestMarshaller(TEXT)
            .setResponseMarshaller(TEXT)
            .build();

    private StockGrpc() {}

    /** Without "wait for ready", so that a call fails at once while no server can be reached; and with a deadline, since a server that hangs is reached. */
    record BlockingStub(Channel channel, Duration deadline) {
        String count(String article) {
            CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(deadline.toMillis(), MILLISECONDS);
            return ClientCalls.blockingUnaryCall(channel, COUNT, options, article);
        }
    }
}
