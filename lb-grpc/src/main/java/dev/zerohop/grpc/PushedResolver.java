package dev.zerohop.grpc;

import dev.zerohop.Resolution;
import dev.zerohop.Resolver;
import org.jspecify.annotations.Nullable;

/** The channel's resolver as the balancer sees it: it publishes what it is given. */
final class PushedResolver implements Resolver {
    private String name = "the channel's name resolver";
    private Resolution current = Resolution.NONE;
    private @Nullable Listener listener;

    /** As the sets name their source, for messages before the first of them is taken. */
    void name(String source) {
        name = source;
    }

    Resolution current() {
        return current;
    }

    void publish(Resolution next) {
        current = next;
        if (listener != null) {
            listener.onResolution(next);
        }
    }

    @Override
    public void start(Listener listener) {
        this.listener = listener;
    }

    @Override
    public void close() {
        listener = null;
    }

    @Override
    public String toString() {
        return name;
    }
}
