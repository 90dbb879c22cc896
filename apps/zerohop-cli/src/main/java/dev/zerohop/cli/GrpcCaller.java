package dev.zerohop.cli;

import dev.zerohop.EndpointSelector;
import dev.zerohop.Target;
import dev.zerohop.grpc.ZerohopGrpc;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Sends calls over gRPC asynchronously. */
final class GrpcCaller implements Caller {
    private static final byte[] REQUEST = "zerohop".getBytes(StandardCharsets.UTF_8);

    private final GrpcEndpoints endpoints = new GrpcEndpoints();
    private final ManagedChannel channel;
    private final MethodDescriptor<byte[], byte[]> method;
    private final long timeoutNanos;

    GrpcCaller(Target target, Settings settings, long timeoutNanos, String method) {
        this.method = EchoGrpc.method(method);
        this.timeoutNanos = timeoutNanos;
        this.channel = Grpc.newChannelBuilder(ZerohopGrpc.target(target.text()), InsecureChannelCredentials.create())
                .defaultServiceConfig(GrpcServiceConfig.of(settings))
                .setNameResolverArg(ZerohopGrpc.LISTENER, endpoints)
                .intercept(ZerohopGrpc.interceptor())
                .directExecutor()
                .build();
    }

    @Override
    public void awaitReady(long nanos) throws InterruptedException {
        channel.getState(true);
        var ignored = endpoints.await(nanos);
    }

    @Override
    public void call(@Nullable EndpointSelector key, Consumer<CallResult> done) {
        GrpcAttempts attempts = new GrpcAttempts(endpoints);
        CallOptions options = CallOptions.DEFAULT
                .withDeadlineAfter(timeoutNanos, TimeUnit.NANOSECONDS)
                .withStreamTracerFactory(attempts);
        if (key != null) {
            options = options.withOption(ZerohopGrpc.SELECTOR, key);
        }
        ClientCall<byte[], byte[]> call = channel.newCall(method, options);
        call.start(new Answer(attempts, done), new Metadata());
        call.sendMessage(REQUEST);
        call.halfClose();
        call.request(2);
    }

    @Override
    public @Nullable String unconfigured() {
        return endpoints.unconfigured();
    }

    @Override
    public @Nullable String unnumbered() {
        return endpoints.unnumbered();
    }

    @Override
    public RejectedValues rejected() {
        return endpoints.rejected();
    }

    @Override
    public void close() {
        channel.shutdownNow();
        try {
            channel.awaitTermination(1, TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for the end of one call. */
    private static final class Answer extends ClientCall.Listener<byte[]> {
        private final GrpcAttempts attempts;
        private final Consumer<CallResult> done;
        private @Nullable String server;

        Answer(GrpcAttempts attempts, Consumer<CallResult> done) {
            this.attempts = attempts;
            this.done = done;
        }

        @Override
        public void onHeaders(Metadata headers) {
            server = headers.get(EchoGrpc.SERVER_ID);
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            if (server == null) {
                server = trailers.get(EchoGrpc.SERVER_ID);
            }
            done.accept(
                    new CallResult(error(status), attempts.lastEndpoint(), server, attempts.retries(), cause(status)));
        }

        private static @Nullable String cause(Status status) {
            if (status.isOk()) {
                return null;
            }
            String words = status.getDescription();
            return words != null
                    ? words
                    : status.getCause() != null ? status.getCause().toString() : "the server gave no reason";
        }

        private @Nullable String error(Status status) {
            if (status.isOk()) {
                return null;
            }
            boolean foundNobody = attempts.none()
                    && (status.getCode() == Status.Code.UNAVAILABLE
                            || status.getCode() == Status.Code.DEADLINE_EXCEEDED);
            return foundNobody ? "NO_ENDPOINT" : status.getCode().name();
        }
    }
}
