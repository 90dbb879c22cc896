package dev.zerohop.server;

import io.grpc.Attributes;
import io.grpc.BindableService;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.EquivalentAddressGroup;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusOr;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/** Real gRPC servers on loopback, each with an interceptor; a call is answered with the server's number, "fail" with UNAVAILABLE, "shared" with one and the same exception, "throw" by an exception, and "hang" not at all. */
final class Servers implements AutoCloseable {
    static final MethodDescriptor<String, String> WHO = MethodDescriptor.<String, String>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("test.Who/Who")
            .setRequestMarshaller(new Text())
            .setResponseMarshaller(new Text())
            .build();

    /** One for all answers, as applications keep them. */
    static final StatusRuntimeException SHARED = Status.NOT_FOUND.asRuntimeException(new Metadata());

    final List<Server> running = new ArrayList<>();

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

    Servers(int count, IntFunction<ServerInterceptor> interceptors) throws IOException {
        this(count, interceptors, number -> List.of());
    }

    Servers(int count, IntFunction<ServerInterceptor> interceptors, IntFunction<List<BindableService>> services)
            throws IOException {
        for (int i = 0; i < count; i++) {
            String number = String.valueOf(i);
            ServerBuilder<?> server = Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create());
            services.apply(i).forEach(server::addService);
            running.add(server.addService(ServerServiceDefinition.builder("test.Who")
                            .addMethod(
                                    WHO,
                                    ServerCalls.asyncUnaryCall((request, answer) -> answer(request, number, answer)))
                            .build())
                    .intercept(interceptors.apply(i))
                    .build()
                    .start());
        }
    }

    private static void answer(String request, String number, StreamObserver<String> answer) {
        if (request.equals("hang")) {
            return;
        }
        if (request.equals("throw")) {
            throw new IllegalStateException("as handlers do");
        }
        if (request.equals("shared")) {
            answer.onError(SHARED);
            return;
        }
        if (request.equals("fail")) {
            answer.onError(Status.UNAVAILABLE.asRuntimeException(new Metadata()));
            return;
        }
        answer.onNext(number);
        answer.onCompleted();
    }

    static String call(Channel channel) {
        return ClientCalls.blockingUnaryCall(channel, WHO, CallOptions.DEFAULT.withWaitForReady(), "who");
    }

    /** The share of the first server of this many calls, one after another. */
    static double shareOfTheFirst(Channel channel, int calls) {
        int first = 0;
        for (int i = 0; i < calls; i++) {
            first += call(channel).equals("0") ? 1 : 0;
        }
        return (double) first / calls;
    }

    String zerohopTarget() {
        List<String> addresses = new ArrayList<>();
        running.forEach(server -> addresses.add("127.0.0.1:" + server.getPort()));
        return "static:///" + String.join(",", addresses);
    }

    /** A plain resolver of gRPC for these servers, scheme {@code servers}. */
    NameResolverProvider provider() {
        return new NameResolverProvider() {
            @Override
            protected boolean isAvailable() {
                return true;
            }

            @Override
            protected int priority() {
                return 5;
            }

            @Override
            public String getDefaultScheme() {
                return "servers";
            }

            @Override
            public NameResolver newNameResolver(URI target, NameResolver.Args args) {
                return new NameResolver() {
                    @Override
                    public String getServiceAuthority() {
                        return "servers";
                    }

                    @Override
                    public void start(Listener2 listener) {
                        List<EquivalentAddressGroup> groups = new ArrayList<>();
                        running.forEach(server -> groups.add(
                                new EquivalentAddressGroup(new InetSocketAddress("127.0.0.1", server.getPort()))));
                        listener.onResult(ResolutionResult.newBuilder()
                                .setAddressesOrError(StatusOr.fromValue(groups))
                                .setAttributes(Attributes.EMPTY)
                                .build());
                    }

                    @Override
                    public void shutdown() {}
                };
            }
        };
    }

    @Override
    public void close() {
        running.forEach(Server::shutdownNow);
    }
}
