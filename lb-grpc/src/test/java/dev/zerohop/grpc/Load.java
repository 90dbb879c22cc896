package dev.zerohop.grpc;

import static dev.zerohop.grpc.Fleet.await;

import io.grpc.CallOptions;
import io.grpc.Channel;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/** Callers that call without a break, each request under a name of its own. */
final class Load implements AutoCloseable {
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final AtomicLong done = new AtomicLong();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean stopped;

    Load(Channel channel, int callers) {
        for (int i = 0; i < callers; i++) {
            int caller = i;
            Thread thread = new Thread(() -> {
                for (int n = 0; !stopped; n++) {
                    try {
                        TestServer.call(channel, CallOptions.DEFAULT, "load-" + caller + "-" + n);
                    } catch (RuntimeException failed) {
                        failures.add(failed);
                    }
                    done.incrementAndGet();
                }
            });
            thread.start();
            threads.add(thread);
        }
    }

    Queue<Throwable> failures() {
        return failures;
    }

    /** Waits until this many calls more have ended. */
    void awaitMore(long calls) {
        long target = done.get() + calls;
        await().until(() -> done.get() >= target);
    }

    @Override
    public void close() throws InterruptedException {
        stopped = true;
        for (Thread thread : threads) {
            thread.join();
        }
    }
}
