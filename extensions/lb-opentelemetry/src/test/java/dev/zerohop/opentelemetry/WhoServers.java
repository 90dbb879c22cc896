package dev.zerohop.opentelemetry;

import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** Real gRPC servers on loopback that answer with their {@code host:port}, and that fail or hang as often as is wanted, whichever is asked. */
final class WhoServers implements AutoCloseable {
    static final MethodDescriptor<String, String> WHO = MethodDescriptor.<String, String>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("test.Who/Who")
            .setRequestMarshaller(new Text())
            .setResponseMarshaller(new Text())
            .build();

    private static final Metadata.Key<String> TRACEPARENT =
            Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER);

    final AtomicInteger failing = new AtomicInteger();
    final AtomicInteger hanging = new AtomicInteger();
    final AtomicInteger hung = new AtomicInteger();
    final Set<String> requested = ConcurrentHashMap.newKeySet();
    final ConcurrentLinkedQueue<String> traceparents = new ConcurrentLinkedQueue<>();
    private final List<Server> running = new ArrayList<>();

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

    private final class Headers implements ServerInterceptor {
        @Override
        public <Q, A> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
            String traceparent = headers.get(TRACEPARENT);
            if (traceparent != null) {
                traceparents.add(traceparent);
            }
            return next.startCall(call, headers);
        }
    }

    WhoServers(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            Server[] self = {null};
            Server server = Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
                    .addService(ServerServiceDefinition.builder("test.Who")
                            .addMethod(
                                    WHO, ServerCalls.asyncUnaryCall((request, answer) -> answer(id(self[0]), answer)))
                            .build())
                    .intercept(new Headers())
                    .build();
            self[0] = server;
            running.add(server.start());
        }
    }

    private static String id(Server server) {
        return "127.0.0.1:" + server.getPort();
    }

    private void answer(String id, StreamObserver<String> answer) {
        requested.add(id);
        if (hanging.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            hung.incrementAndGet();
        } else if (failing.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            answer.onError(Status.UNAVAILABLE.asRuntimeException());
        } else {
            answer.onNext(id);
            answer.onCompleted();
        }
    }

    List<String> ids() {
        return running.stream().map(WhoServers::id).toList();
    }

    String target() {
        return "static:///" + String.join(",", ids());
    }

    @Override
    public void close() {
        running.forEach(Server::shutdownNow);
    }
}
