package dev.zerohop.testing;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Cancellable;
import dev.zerohop.Dice;
import dev.zerohop.Env;
import dev.zerohop.Time;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.PriorityQueue;

/**
 * Clock and timers that move only when the test says so. Nothing runs inside {@link #schedule}; what falls due runs on the caller's thread inside
 * {@link #advance}, in order of due time. Thread-safe, though a test that schedules from several threads gives up the order.
 */
public final class FakeTime implements Time {
    private final Instant start;
    private final PriorityQueue<Task> tasks =
            new PriorityQueue<>(Comparator.comparingLong(Task::dueNanos).thenComparingLong(Task::sequence));
    private long nowNanos;
    private long sequence;

    private record Task(long dueNanos, long sequence, Runnable body) {}

    /** Starts at 1 s on the monotonic clock and at 2026-01-01T00:00:00Z on the wall clock. */
    public FakeTime() {
        this.start = Instant.parse("2026-01-01T00:00:00Z");
        this.nowNanos = Duration.ofSeconds(1).toNanos();
    }

    @Override
    public synchronized long nanoTime() {
        return nowNanos;
    }

    @Override
    public synchronized Instant now() {
        return start.plusNanos(nowNanos - Duration.ofSeconds(1).toNanos());
    }

    @Override
    public synchronized Cancellable schedule(long delayNanos, Runnable body) {
        Task task = new Task(nowNanos + Math.max(0, delayNanos), sequence++, requireNonNull(body, "body"));
        tasks.add(task);
        return () -> {
            synchronized (this) {
                tasks.remove(task);
            }
        };
    }

    /** Moves time, and runs what falls due on the way, also what that schedules in turn. */
    public void advance(Duration step) {
        long end = nanoTime() + step.toNanos();
        for (Task task = next(end); task != null; task = next(end)) {
            task.body().run();
        }
    }

    /** Runs what is due now. */
    public void runDue() {
        advance(Duration.ZERO);
    }

    /** How many tasks are waiting. */
    public synchronized int pendingTasks() {
        return tasks.size();
    }

    private synchronized @org.jspecify.annotations.Nullable Task next(long endNanos) {
        Task first = tasks.peek();
        if (first == null || first.dueNanos() > endNanos) {
            nowNanos = endNanos;
            return null;
        }
        tasks.poll();
        nowNanos = Math.max(nowNanos, first.dueNanos());
        return first;
    }

    /** An {@link Env} of this time, these dice, and blocking tasks that run on the caller's thread. */
    public Env env(Dice dice) {
        return new Env(this, dice, Runnable::run);
    }

    /** An {@link Env} of this time, seeded dice, and blocking tasks that run on the caller's thread. */
    public Env env() {
        return env(ScriptedDice.seeded(42));
    }
}
