package dev.zerohop.grpc;

import dev.zerohop.testing.FreePorts;
import io.grpc.CallOptions;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerCredentials;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** A real server on loopback that answers with its id and writes down what it ran. */
final class TestServer implements AutoCloseable {
    static final MethodDescriptor<String, String> ECHO = method("Echo", MethodDescriptor.MethodType.UNARY);
    static final MethodDescriptor<String, String> UP = method("Up", MethodDescriptor.MethodType.CLIENT_STREAMING);
    static final MethodDescriptor<String, String> DOWN = method("Down", MethodDescriptor.MethodType.SERVER_STREAMING);
    static final MethodDescriptor<String, String> BOTH = method("Both", MethodDescriptor.MethodType.BIDI_STREAMING);

    final String id;
    final Server server;
    final Queue<String> log = new ConcurrentLinkedQueue<>();
    final Queue<Metadata> headers = new ConcurrentLinkedQueue<>();
    final Queue<String> authorities = new ConcurrentLinkedQueue<>();
    volatile Function<String, Status> fails = request -> Status.OK;
    volatile Metadata trailers = new Metadata();
    /** Unary calls that are not answered. */
    final List<StreamObserver<String>> held = new ArrayList<>();

    volatile boolean holds;

    TestServer(String id) {
        this(id, FreePorts.next(), InsecureServerCredentials.create());
    }

    TestServer(String id, int port, ServerCredentials credentials) {
        this(id, port, credentials, builder -> builder);
    }

    TestServer(String id, int port, ServerCredentials credentials, UnaryOperator<ServerBuilder<?>> more) {
        this.id = id;
        ServerServiceDefinition service = ServerServiceDefinition.builder("test.Echo")
                .addMethod(ECHO, ServerCalls.asyncUnaryCall(this::echo))
                .addMethod(UP, ServerCalls.asyncClientStreamingCall(this::up))
                .addMethod(DOWN, ServerCalls.asyncServerStreamingCall(this::down))
                .addMethod(BOTH, ServerCalls.asyncBidiStreamingCall(this::both))
                .build();
        try {
            server = more.apply(Grpc.newServerBuilderForPort(port, credentials)
                            .addService(ServerInterceptors.intercept(service, new Recorder())))
                    .build()
                    .start();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    int port() {
        return server.getPort();
    }

    String address() {
        return "127.0.0.1:" + port();
    }

    private void echo(String request, StreamObserver<String> answer) {
        log.add(request);
        Status status = fails.apply(request);
        if (!status.isOk()) {
            answer.onError(status.asRuntimeException(trailers));
            return;
        }
        if (holds) {
            synchronized (held) {
                held.add(answer);
            }
            return;
        }
        answer.onNext(id);
        answer.onCompleted();
    }

    private StreamObserver<String> up(StreamObserver<String> answer) {
        return new Collected(answer, false);
    }

    private void down(String request, StreamObserver<String> answer) {
        for (int i = 0; i < 3; i++) {
            answer.onNext(id + i);
        }
        answer.onCompleted();
    }

    private StreamObserver<String> both(StreamObserver<String> answer) {
        return new Collected(answer, true);
    }

    void drain() throws InterruptedException {
        server.shutdown();
        server.awaitTermination(60, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        server.shutdownNow();
    }

    static String call(io.grpc.Channel channel) {
        return call(channel, CallOptions.DEFAULT, "x");
    }

    static String call(io.grpc.Channel channel, CallOptions options, String request) {
        CallOptions bounded = options.getDeadline() == null ? options.withDeadlineAfter(60, TimeUnit.SECONDS) : options;
        return ClientCalls.blockingUnaryCall(channel, ECHO, bounded, request);
    }

    private static MethodDescriptor<String, String> method(String name, MethodDescriptor.MethodType type) {
        return MethodDescriptor.<String, String>newBuilder()
                .setType(type)
                .setFullMethodName("test.Echo/" + name)
                .setRequestMarshaller(new Text())
                .setResponseMarshaller(new Text())
                .build();
    }

    private final class Recorder implements ServerInterceptor {
        @Override
        public <Q, A> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, A> call, Metadata metadata, ServerCallHandler<Q, A> next) {
            headers.add(metadata);
            authorities.add(call.getAuthority());
            return next.startCall(call, metadata);
        }
    }

    private final class Collected implements StreamObserver<String> {
        private final StreamObserver<String> answer;
        private final boolean each;
        private final List<String> got = new ArrayList<>();

        Collected(StreamObserver<String> answer, boolean each) {
            this.answer = answer;
            this.each = each;
        }

        @Override
        public void onNext(String value) {
            got.add(value);
            if (each) {
                answer.onNext(id + value);
            }
        }

        @Override
        public void onError(Throwable gone) {}

        @Override
        public void onCompleted() {
            if (!each) {
                answer.onNext(id + got);
            }
            answer.onCompleted();
        }
    }

    private static final class Text implements MethodDescriptor.Marshaller<String> {
        @Override
        public InputStream stream(String value) {
            return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public String parse(InputStream stream) {
            try {
                return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException failed) {
                throw new UncheckedIOException(failed);
            }
        }
    }
}
