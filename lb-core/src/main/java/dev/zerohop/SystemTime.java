package dev.zerohop;

import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The machine's clock with one daemon scheduler for the process, started on first use. */
final class SystemTime implements Time {

    /** The one instance. */
    static final SystemTime INSTANCE = new SystemTime();

    private SystemTime() {}

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public Instant now() {
        return Instant.now();
    }

    @Override
    public Cancellable schedule(long delayNanos, Runnable task) {
        Future<?> future = Scheduler.EXECUTOR.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
        return () -> future.cancel(false);
    }

    /** Daemon threads for what blocks; none is kept when there is nothing to do. */
    static Executor blockingExecutor() {
        return task -> Blocking.EXECUTOR.execute(task);
    }

    private static ThreadFactory daemons(String name) {
        AtomicInteger next = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + "-" + next.getAndIncrement());
            thread.setDaemon(true);
            return thread;
        };
    }

    private static final class Scheduler {
        static final ScheduledThreadPoolExecutor EXECUTOR = newScheduler();

        private static ScheduledThreadPoolExecutor newScheduler() {
            ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, daemons("zerohop-scheduler"));
            executor.setRemoveOnCancelPolicy(true);
            return executor;
        }
    }

    private static final class Blocking {
        static final ThreadPoolExecutor EXECUTOR = new ThreadPoolExecutor(
                0, Integer.MAX_VALUE, 10, TimeUnit.SECONDS, new SynchronousQueue<>(), daemons("zerohop-blocking"));
    }
}
