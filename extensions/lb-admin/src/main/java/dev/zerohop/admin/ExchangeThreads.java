package dev.zerohop.admin;

import dev.zerohop.Cancellable;
import dev.zerohop.Time;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs the exchanges of a server on a bounded number of threads, and ends those that hold one for too long. The JDK's server reads a request and writes its answer on such a thread, without a limit of time but one that
 * holds for all servers of a process; so a client that sends half a request, or does not read, would keep its thread. An interrupt closes the connection that the thread waits for. Thread-safe.
 */
final class ExchangeThreads implements Executor, AutoCloseable {
    /** A few browsers and scrapers, and some that stall. */
    static final int THREADS = 16;

    /** How long an exchange may take while others wait for a thread. */
    static final Duration PATIENCE = Duration.ofSeconds(1);

    /** How long it may take while none does: a large page over a slow tunnel. */
    static final Duration LONGEST = Duration.ofSeconds(60);

    private static final Duration IDLE = Duration.ofSeconds(10);

    private final Time time;
    private final ThreadPoolExecutor threads;

    ExchangeThreads(Time time) {
        this.time = time;
        this.threads = new ThreadPoolExecutor(
                THREADS, THREADS, IDLE.toNanos(), TimeUnit.NANOSECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = new Thread(task, "zerohop-status");
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
    }

    @Override
    public void execute(Runnable exchange) {
        threads.execute(new Limited(exchange));
    }

    /** How many exchanges have a thread, and how many wait for one. */
    int held() {
        return threads.getActiveCount() + threads.getQueue().size();
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }

    /** An exchange that is looked after once in {@link #PATIENCE}. */
    private final class Limited implements Runnable {
        private final Runnable exchange;

        /** That which runs it; null before and after. The lock keeps an interrupt from reaching the thread's next exchange. */
        private @Nullable Thread thread;

        private @Nullable Cancellable next;
        private long startNanos;

        Limited(Runnable exchange) {
            this.exchange = exchange;
        }

        @Override
        public void run() {
            begin();
            try {
                exchange.run();
            } finally {
                end();
            }
        }

        private synchronized void begin() {
            thread = Thread.currentThread();
            startNanos = time.nanoTime();
            next = time.schedule(PATIENCE.toNanos(), this::look);
        }

        private synchronized void look() {
            if (thread == null) {
                return;
            }
            boolean waitedFor = !threads.getQueue().isEmpty();
            if (waitedFor || time.nanoTime() - startNanos >= LONGEST.toNanos()) {
                thread.interrupt();
            } else {
                next = time.schedule(PATIENCE.toNanos(), this::look);
            }
        }

        private synchronized void end() {
            thread = null;
            if (next != null) {
                next.cancel();
            }
            Thread.interrupted();
        }
    }
}
