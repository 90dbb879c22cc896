package dev.zerohop.sim;

import dev.zerohop.Cancellable;
import dev.zerohop.Time;
import java.time.Instant;

/** The clock and the timers of the balancers, which are events among the others. For one thread. */
final class VirtualTime implements Time {
    /** Where a run begins on the monotonic clock. */
    static final long START_NANOS = 1_000_000_000;

    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final Events events;

    VirtualTime(Events events) {
        this.events = events;
    }

    @Override
    public long nanoTime() {
        return events.nowNanos();
    }

    @Override
    public Instant now() {
        return START.plusNanos(events.nowNanos() - START_NANOS);
    }

    @Override
    public Cancellable schedule(long delayNanos, Runnable task) {
        Event timer = new Event() {
            @Override
            void fire() {
                task.run();
            }
        };
        events.at(events.nowNanos() + Math.max(0, delayNanos), timer);
        return () -> events.cancel(timer);
    }
}
