package dev.zerohop.spring;

import java.util.List;
import org.springframework.context.SmartLifecycle;

/**
 * Ends the clients of services after the web server has finished its requests: those still call. The server stops in the phases {@code DEFAULT_PHASE - 1024} (no new requests, the old ones end) and {@code DEFAULT_PHASE - 2048}.
 */
final class ZerohopLifecycle implements SmartLifecycle {
    static final int PHASE = DEFAULT_PHASE - 4096;

    private final List<AutoCloseable> clients;
    private volatile boolean running;

    ZerohopLifecycle(List<AutoCloseable> clients) {
        this.clients = List.copyOf(clients);
    }

    @Override
    public void start() {
        running = true;
    }

    @Override
    public void stop() {
        running = false;
        for (AutoCloseable client : clients) {
            try {
                client.close();
            } catch (Exception failed) {
                throw new IllegalStateException("a client of services could not be closed", failed);
            }
        }
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }

    /** Asked by Spring 7 only, which pauses contexts that tests keep for later: clients that are closed would not come back. */
    public boolean isPauseable() {
        return false;
    }
}
