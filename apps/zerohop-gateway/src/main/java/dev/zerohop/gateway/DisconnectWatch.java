package dev.zerohop.gateway;

import dev.zerohop.Cancellable;
import dev.zerohop.Env;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Detects clients that send the head of a request too slowly, and clients that disconnect while their request waits for its endpoint. Between a request and
 * its answer an HTTP/1.1 connection is not read, so a disconnect would go unnoticed; this periodically tries to read one byte without blocking.
 */
final class DisconnectWatch implements AutoCloseable {
    private static final long INTERVAL_NANOS = Duration.ofMillis(500).toNanos();

    private final Env env;
    private final SlowHeads heads;
    private final Set<Exchange> running = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;
    private volatile Cancellable timer;

    DisconnectWatch(Env env, SlowHeads heads) {
        this.env = env;
        this.heads = heads;
        this.timer = next();
    }

    void add(Exchange exchange) {
        running.add(exchange);
    }

    void remove(Exchange exchange) {
        running.remove(exchange);
    }

    private Cancellable next() {
        return env.time().schedule(INTERVAL_NANOS, () -> env.blocking().execute(this::look));
    }

    private void look() {
        try {
            running.forEach(Exchange::look);
            heads.look(env.time().nanoTime());
        } finally {
            if (!closed) {
                timer = next();
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        timer.cancel();
    }
}
