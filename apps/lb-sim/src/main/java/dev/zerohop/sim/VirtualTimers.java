package dev.zerohop.sim;

import dev.zerohop.Cancellable;
import dev.zerohop.Time;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** The timers of a run for a library that wants an executor. What throws ends the run. For one thread. */
final class VirtualTimers extends AbstractExecutorService implements ScheduledExecutorService {
    private final Time time;

    VirtualTimers(Time time) {
        this.time = time;
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
        return new Timer(task, unit.toNanos(delay));
    }

    @Override
    public void execute(Runnable task) {
        Timer ignored = new Timer(task, 0);
    }

    @Override
    public <V> ScheduledFuture<V> schedule(Callable<V> task, long delay, TimeUnit unit) {
        throw new UnsupportedOperationException("no policy waits for the result of a timer");
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable task, long initialDelay, long period, TimeUnit unit) {
        throw new UnsupportedOperationException("no policy has a timer that goes on by itself");
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable task, long initialDelay, long delay, TimeUnit unit) {
        throw new UnsupportedOperationException("no policy has a timer that goes on by itself");
    }

    @Override
    public void shutdown() {}

    @Override
    public List<Runnable> shutdownNow() {
        return List.of();
    }

    @Override
    public boolean isShutdown() {
        return false;
    }

    @Override
    public boolean isTerminated() {
        return false;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        throw new UnsupportedOperationException("nobody waits in virtual time");
    }

    private final class Timer implements ScheduledFuture<Object> {
        private final Runnable task;
        private final long dueNanos;
        private final Cancellable scheduled;
        private boolean cancelled;
        private boolean done;

        Timer(Runnable task, long delayNanos) {
            this.task = task;
            this.dueNanos = time.nanoTime() + delayNanos;
            this.scheduled = time.schedule(delayNanos, this::fire);
        }

        private void fire() {
            done = true;
            task.run();
        }

        @Override
        public boolean cancel(boolean mayInterrupt) {
            if (done) {
                return false;
            }
            scheduled.cancel();
            done = true;
            cancelled = true;
            return true;
        }

        @Override
        public boolean isCancelled() {
            return cancelled;
        }

        @Override
        public boolean isDone() {
            return done;
        }

        @Override
        public Object get() {
            throw new UnsupportedOperationException("nobody waits in virtual time");
        }

        @Override
        public Object get(long timeout, TimeUnit unit) {
            throw new UnsupportedOperationException("nobody waits in virtual time");
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(dueNanos - time.nanoTime(), TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
        }
    }
}
