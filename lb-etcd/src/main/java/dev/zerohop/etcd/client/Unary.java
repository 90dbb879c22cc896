package dev.zerohop.etcd.client;

import dev.zerohop.watch.SourceFailure;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** One request with one answer, as a future that fails with a {@link SourceFailure}. */
final class Unary {

    private Unary() {}

    /** Calls the present server. Retries once if only the token was rejected, since etcd checks the token before it does anything. */
    static <Q, A> CompletableFuture<A> call(EtcdConnection connection, MethodDescriptor<Q, A> method, Q request) {
        return twice(connection, method, request, true);
    }

    /** The same, also without a leader and for a shorter time; a failure leaves the channel in use, since other calls may still succeed over it. */
    static <Q, A> CompletableFuture<A> callWithoutFailover(
            EtcdConnection connection, MethodDescriptor<Q, A> method, Q request) {
        return twice(connection, method, request, false);
    }

    private static <Q, A> CompletableFuture<A> twice(
            EtcdConnection connection, MethodDescriptor<Q, A> method, Q request, boolean failover) {
        return once(connection, method, request, failover)
                .exceptionallyCompose(thrown ->
                        thrown instanceof SourceFailure failure && failure.kind() == SourceFailure.Kind.STALE_TOKEN
                                ? once(connection, method, request, failover)
                                : CompletableFuture.failedFuture(thrown));
    }

    private static <Q, A> CompletableFuture<A> once(
            EtcdConnection connection, MethodDescriptor<Q, A> method, Q request, boolean failover) {
        CompletableFuture<A> answer = new CompletableFuture<>();
        EtcdConnection.ServerChannel channel;
        try {
            channel = connection.channel();
        } catch (SourceFailure none) {
            answer.completeExceptionally(none);
            return answer;
        }
        long timeout = failover ? EtcdConnection.CALL_TIMEOUT_MILLIS : EtcdConnection.SHORT_CALL_TIMEOUT_MILLIS;
        CallOptions options = CallOptions.DEFAULT
                .withOption(EtcdConnection.WITHOUT_LEADER, !failover)
                .withDeadlineAfter(timeout, TimeUnit.MILLISECONDS);
        ClientCalls.asyncUnaryCall(channel.calls().newCall(method, options), request, new StreamObserver<>() {
            @Override
            public void onNext(A value) {
                if (failover) {
                    connection.answered(channel);
                }
                answer.complete(value);
            }

            @Override
            public void onError(Throwable thrown) {
                answer.completeExceptionally(
                        failover ? connection.failed(channel, thrown) : connection.explained(channel, thrown));
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
