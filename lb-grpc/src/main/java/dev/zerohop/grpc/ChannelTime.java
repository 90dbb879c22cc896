package dev.zerohop.grpc;

import dev.zerohop.Cancellable;
import dev.zerohop.Time;
import java.time.Instant;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** The machine's clock with the timers of a channel. */
final class ChannelTime implements Time {
    private final ScheduledExecutorService timers;

    ChannelTime(ScheduledExecutorService timers) {
        this.timers = timers;
    }

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
        Future<?> future = timers.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
        return () -> future.cancel(false);
    }
}
