package dev.zerohop.cli;

import dev.zerohop.BalancerListener;
import dev.zerohop.grpc.ZerohopGrpc;
import dev.zerohop.okhttp.ZerohopOkHttp;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;

/** A client as an application has it, with retries, that tells its listener of every attempt. */
interface BlockingCalls extends AutoCloseable {

    /** Makes one call that may be repeated; returns when it has ended well. */
    void call() throws Exception;

    @Override
    void close();

    static BlockingCalls to(String target, String transport, BalancerListener listener) {
        return transport.equals("grpc") ? grpc(target, listener) : http(target, listener);
    }

    private static BlockingCalls grpc(String target, BalancerListener listener) {
        Map<String, ?> retries = Map.of(
                "name",
                List.of(Map.of()),
                "retryPolicy",
                Map.of(
                        "maxAttempts",
                        3.0,
                        "initialBackoff",
                        "0.001s",
                        "maxBackoff",
                        "0.01s",
                        "backoffMultiplier",
                        2.0,
                        "retryableStatusCodes",
                        List.of("UNAVAILABLE")));
        ManagedChannel channel = Grpc.newChannelBuilder(target, InsecureChannelCredentials.create())
                .defaultServiceConfig(Map.of("methodConfig", List.of(retries)))
                .setNameResolverArg(ZerohopGrpc.LISTENER, listener)
                .intercept(ZerohopGrpc.interceptor())
                .build();
        return new BlockingCalls() {
            @Override
            public void call() throws Exception {
                CompletableFuture<Void> ended = new CompletableFuture<>();
                ClientCall<byte[], byte[]> call = channel.newCall(
                        EchoGrpc.method(EchoGrpc.SERVICE + "/Any"),
                        CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS));
                call.start(
                        new ClientCall.Listener<>() {
                            @Override
                            public void onClose(Status status, Metadata trailers) {
                                if (status.isOk()) {
                                    ended.complete(null);
                                } else {
                                    ended.completeExceptionally(status.asException(trailers));
                                }
                            }
                        },
                        new Metadata());
                call.request(2);
                call.sendMessage(new byte[] {1});
                call.halfClose();
                ended.get();
            }

            @Override
            public void close() {
                channel.shutdownNow();
            }
        };
    }

    private static BlockingCalls http(String target, BalancerListener listener) {
        ZerohopOkHttp zerohop = ZerohopOkHttp.builder()
                .listener(listener)
                .route("orders", target)
                .build();
        OkHttpClient client = zerohop.install(new OkHttpClient.Builder()).build();
        return new BlockingCalls() {
            @Override
            public void call() throws Exception {
                Request request = new Request.Builder().url("http://orders/").build();
                try (Response response = client.newCall(request).execute()) {
                    if (!response.isSuccessful()) {
                        throw new IllegalStateException("HTTP " + response.code());
                    }
                    response.body().bytes();
                }
            }

            @Override
            public void close() {
                zerohop.close();
            }
        };
    }
}
