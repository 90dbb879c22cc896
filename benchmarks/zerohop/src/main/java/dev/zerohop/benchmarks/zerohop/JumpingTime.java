package dev.zerohop.benchmarks.zerohop;

import dev.zerohop.Cancellable;
import dev.zerohop.Time;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.PriorityQueue;

/** The machine's clock, which the benchmark sets forward; timers fall due only then, on the caller's thread. Not thread-safe but for reading. */
final class JumpingTime implements Time {
    private final PriorityQueue<Timer> timers = new PriorityQueue<>(Comparator.comparingLong(Timer::dueNanos));
    private long ahead;

    private record Timer(long dueNanos, Runnable task) {}

    @Override
    public long nanoTime() {
        return System.nanoTime() + ahead;
    }

    @Override
    public Instant now() {
        return Instant.now().plusNanos(ahead);
    }

    @Override
    public Cancellable schedule(long delayNanos, Runnable task) {
        Timer timer = new Timer(nanoTime() + delayNanos, task);
        timers.add(timer);
        return () -> timers.remove(timer);
    }

    void jump(Duration step) {
        ahead += step.toNanos();
        while (!timers.isEmpty() && timers.peek().dueNanos() - nanoTime() <= 0) {
            timers.poll().task().run();
        }
    }
}
