package dev.zerohop.cli;

import dev.zerohop.EndpointSelector;
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

/** Calls over gRPC without zerohop, by {@code pick_first}. */
final class PlainGrpcCaller implements Caller {
    private static final byte[] REQUEST = "zerohop".getBytes(StandardCharsets.UTF_8);

    private final ManagedChannel channel;
    private final MethodDescriptor<byte[], byte[]> method = EchoGrpc.method(EchoGrpc.SERVICE + "/Order");
    private final long timeoutNanos;

    PlainGrpcCaller(String target, long timeoutNanos) {
        this.timeoutNanos = timeoutNanos;
        this.channel = Grpc.newChannelBuilder(target, InsecureChannelCredentials.create())
                .directExecutor()
                .build();
    }

    @Override
    public void awaitReady(long nanos) {
        channel.getState(true);
    }

    @Override
    public void call(@Nullable EndpointSelector key, Consumer<CallResult> done) {
        ClientCall<byte[], byte[]> call =
                channel.newCall(method, CallOptions.DEFAULT.withDeadlineAfter(timeoutNanos, TimeUnit.NANOSECONDS));
        call.start(
                new ClientCall.Listener<>() {
                    private @Nullable String server;

                    @Override
                    public void onHeaders(Metadata headers) {
                        server = headers.get(EchoGrpc.SERVER_ID);
                    }

                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        String error = status.isOk() ? null : status.getCode().name();
                        done.accept(new CallResult(error, null, server, 0));
                    }
                },
                new Metadata());
        call.sendMessage(REQUEST);
        call.halfClose();
        call.request(2);
    }

    @Override
    public @Nullable String unconfigured() {
        return null;
    }

    @Override
    public @Nullable String unnumbered() {
        return null;
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
}
