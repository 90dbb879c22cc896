package dev.zerohop.etcd.client;

import dev.zerohop.watch.SourceFailure;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** One request with one answer, as a future that fails with a {@link SourceFailure}. */
final class Unary {

    private Unary() {}

    /** A channel for one call. */
    private interface Channels {
        EtcdConnection.ServerChannel next() throws SourceFailure;
    }

    /** Calls the present server. */
    static <Q, A> CompletableFuture<A> call(EtcdConnection connection, MethodDescriptor<Q, A> method, Q request) {
        return twice(() -> once(connection, connection::channel, method, request, true));
    }

    /**
     * Calls one server after the other, also those without a leader and each for a short time, until one answers. Over channels of their own: which server is the
     * present one changes with each failure of any call, so that a caller could find a dead one there each time, and its channel is shut when another call fails.
     */
    static <Q, A> CompletableFuture<A> callAny(EtcdConnection connection, MethodDescriptor<Q, A> method, Q request) {
        return callAny(connection, method, request, connection.present(), connection.servers());
    }

    private static <Q, A> CompletableFuture<A> callAny(
            EtcdConnection connection, MethodDescriptor<Q, A> method, Q request, int server, int left) {
        return twice(() -> once(connection, () -> connection.aside(server), method, request, false))
                .exceptionallyCompose(thrown -> {
                    Throwable cause = thrown instanceof CompletionException ? thrown.getCause() : thrown;
                    boolean unreachable =
                            cause instanceof SourceFailure failure && failure.kind() == SourceFailure.Kind.UNREACHABLE;
                    return unreachable && left > 1
                            ? callAny(connection, method, request, (server + 1) % connection.servers(), left - 1)
                            : CompletableFuture.failedFuture(thrown);
                });
    }

    /** Retries once if only the token was rejected, since etcd checks the token before it does anything. */
    private static <A> CompletableFuture<A> twice(Supplier<CompletableFuture<A>> call) {
        return call.get()
                .exceptionallyCompose(thrown ->
                        thrown instanceof SourceFailure failure && failure.kind() == SourceFailure.Kind.STALE_TOKEN
                                ? call.get()
                                : CompletableFuture.failedFuture(thrown));
    }

    /** {@code shared}: the channel is that of all calls, given up if the server is not reached, and not one that ends with this call. */
    private static <Q, A> CompletableFuture<A> once(
            EtcdConnection connection, Channels channels, MethodDescriptor<Q, A> method, Q request, boolean shared) {
        CompletableFuture<A> answer = new CompletableFuture<>();
        EtcdConnection.ServerChannel channel;
        try {
            channel = channels.next();
        } catch (SourceFailure none) {
            answer.completeExceptionally(none);
            return answer;
        }
        if (!shared) {
            answer.whenComplete((value, thrown) -> channel.shut());
        }
        long timeout = shared ? EtcdConnection.CALL_TIMEOUT_MILLIS : EtcdConnection.SHORT_CALL_TIMEOUT_MILLIS;
        CallOptions options = CallOptions.DEFAULT
                .withOption(EtcdConnection.WITHOUT_LEADER, !shared)
                .withDeadlineAfter(timeout, TimeUnit.MILLISECONDS);
        ClientCalls.asyncUnaryCall(channel.calls().newCall(method, options), request, new StreamObserver<>() {
            @Override
            public void onNext(A value) {
                if (shared) {
                    connection.answered(channel);
                }
                answer.complete(value);
            }

            @Override
            public void onError(Throwable thrown) {
                answer.completeExceptionally(
                        shared ? connection.failed(channel, thrown) : connection.explained(channel, thrown));
            }

            @Override
            public void onCompleted() {
                answer.completeExceptionally(new SourceFailure(
                        SourceFailure.Kind.EXPIRED, "etcd " + channel.server() + " ended the call without an answer"));
            }
        });
        return answer;
    }
}
