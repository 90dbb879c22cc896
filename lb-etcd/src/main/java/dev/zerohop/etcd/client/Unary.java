package dev.zerohop.etcd.client;

import dev.zerohop.watch.SourceFailure;
import io.grpc.Channel;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/** One call with one answer, as a future that fails with an {@link SourceFailure}. */
public final class Unary {

    private Unary() {}

    /** Makes the call. */
    @FunctionalInterface
    public interface Call<T> {
        void start(Channel channel, StreamObserver<T> observer);
    }

    /** Makes a call over the present channel; once more if only the token was to blame, which etcd says before it does anything. */
    public static <T> CompletableFuture<T> call(EtcdConnection connection, Call<T> call) {
        return twice(connection, call, connection::answered, connection::failed);
    }

    /** The same, and a failure leaves the channel in use: who asks besides must not send others on to the next server. */
    static <T> CompletableFuture<T> callWithoutFailover(EtcdConnection connection, Call<T> call) {
        return twice(connection, call, channel -> {}, connection::explained);
    }

    private static <T> CompletableFuture<T> twice(
            EtcdConnection connection,
            Call<T> call,
            Consumer<EtcdConnection.ServerChannel> answered,
            BiFunction<EtcdConnection.ServerChannel, Throwable, SourceFailure> failed) {
        return once(connection, call, answered, failed)
                .exceptionallyCompose(thrown -> isStaleToken(thrown)
                        ? once(connection, call, answered, failed)
                        : CompletableFuture.failedFuture(thrown));
    }

    private static boolean isStaleToken(Throwable thrown) {
        return thrown instanceof SourceFailure failure && failure.kind() == SourceFailure.Kind.STALE_TOKEN;
    }

    private static <T> CompletableFuture<T> once(
            EtcdConnection connection,
            Call<T> call,
            Consumer<EtcdConnection.ServerChannel> answered,
            BiFunction<EtcdConnection.ServerChannel, Throwable, SourceFailure> failed) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        EtcdConnection.ServerChannel channel;
        try {
            channel = connection.channel();
        } catch (SourceFailure closed) {
            answer.completeExceptionally(closed);
            return answer;
        }
        call.start(channel.calls(), new StreamObserver<>() {
            @Override
            public void onNext(T value) {
                answered.accept(channel);
                answer.complete(value);
            }

            @Override
            public void onError(Throwable thrown) {
                answer.completeExceptionally(failed.apply(channel, thrown));
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
