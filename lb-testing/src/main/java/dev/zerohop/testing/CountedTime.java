package dev.zerohop.testing;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Cancellable;
import dev.zerohop.Time;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A real clock that knows which of its timers are still to run: for tests that end with none left. Thread-safe. */
public final class CountedTime implements Time {
    private final Time time;
    private final Set<Timer> pending = ConcurrentHashMap.newKeySet();

    /** Counts the timers of this clock. */
    public CountedTime(Time time) {
        this.time = requireNonNull(time, "time");
    }

    @Override
    public long nanoTime() {
        return time.nanoTime();
    }

    @Override
    public Instant now() {
        return time.now();
    }

    @Override
    public Cancellable schedule(long delayNanos, Runnable task) {
        Timer timer = new Timer(delayNanos, requireNonNull(task, "task"));
        pending.add(timer);
        Cancellable scheduled = time.schedule(delayNanos, timer);
        return () -> {
            scheduled.cancel();
            pending.remove(timer);
        };
    }

    /** The delays with which the timers were set that have neither run to their end nor been cancelled, the shortest first. */
    public List<Duration> pending() {
        return pending.stream()
                .map(timer -> Duration.ofNanos(timer.delayNanos))
                .sorted()
                .toList();
    }

    private final class Timer implements Runnable {
        private final long delayNanos;
        private final Runnable task;

        Timer(long delayNanos, Runnable task) {
            this.delayNanos = delayNanos;
            this.task = task;
        }

        @Override
        public void run() {
            try {
                task.run();
            } finally {
                pending.remove(this);
            }
        }
    }
}
