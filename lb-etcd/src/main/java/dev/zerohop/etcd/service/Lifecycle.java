package dev.zerohop.etcd.service;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Env;
import dev.zerohop.Resolver;
import java.util.concurrent.Executor;

/**
 * What the resolvers of this module share: started once, closed once, their state touched by one task at a time on {@link Env#blocking}, and
 * nothing done once closed. A listener that is slow keeps nobody else waiting. Thread-safe.
 */
final class Lifecycle {
    private final String name;
    private final Executor serial;
    private boolean started;
    private volatile boolean closed;

    Lifecycle(String name, Env env) {
        this.name = name;
        this.serial = env.serial(name);
    }

    /** Marks the start. */
    synchronized void start(Resolver.Listener listener) {
        requireNonNull(listener, "listener");
        if (started || closed) {
            throw new IllegalStateException(
                    name + ": start() was called " + (closed ? "after close()" : "twice") + ", expected once");
        }
        started = true;
    }

    /** Runs a task after those before it, unless this is closed by then. */
    void run(Runnable task) {
        serial.execute(() -> {
            if (!closed) {
                task.run();
            }
        });
    }

    /** Closes; the first call runs {@code last} after the tasks before it. */
    void close(Runnable last) {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        serial.execute(last);
    }

    boolean closed() {
        return closed;
    }
}
