package dev.zerohop.sharding;

import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The listener of a gRPC call that is not begun yet: keeps what happens to the call until it is, in order. Events come one at a time from gRPC's thread, the release from another. */
final class HeldCall<Q> extends ServerCall.Listener<Q> {
    private final Consumer<Status> end;
    private final Queue<Consumer<ServerCall.Listener<Q>>> happened = new ArrayDeque<>();
    private volatile ServerCall.@Nullable Listener<Q> released;

    /** Ends the call with a status if it cannot be begun. */
    HeldCall(Consumer<Status> end) {
        this.end = end;
    }

    /** Begins the call and passes on what has happened. What happens while it does is kept as well, so that the order stays. */
    void release(Supplier<ServerCall.Listener<Q>> begun) {
        try {
            ServerCall.Listener<Q> listener = begun.get();
            while (true) {
                Consumer<ServerCall.Listener<Q>> next;
                synchronized (happened) {
                    next = happened.poll();
                    if (next == null) {
                        released = listener;
                        return;
                    }
                }
                next.accept(listener);
            }
        } catch (RuntimeException | Error thrown) {
            // gRPC does the same for a handler that throws in its thread.
            end.accept(Status.UNKNOWN.withDescription("the handler failed").withCause(thrown));
            throw thrown;
        }
    }

    private void pass(Consumer<ServerCall.Listener<Q>> event) {
        ServerCall.Listener<Q> now = released;
        if (now == null) {
            synchronized (happened) {
                now = released;
                if (now == null) {
                    happened.add(event);
                    return;
                }
            }
        }
        event.accept(now);
    }

    @Override
    public void onMessage(Q message) {
        pass(listener -> listener.onMessage(message));
    }

    @Override
    public void onHalfClose() {
        pass(ServerCall.Listener::onHalfClose);
    }

    @Override
    public void onCancel() {
        pass(ServerCall.Listener::onCancel);
    }

    @Override
    public void onComplete() {
        pass(ServerCall.Listener::onComplete);
    }

    @Override
    public void onReady() {
        pass(ServerCall.Listener::onReady);
    }
}
