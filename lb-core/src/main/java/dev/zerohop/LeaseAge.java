package dev.zerohop;

import java.time.Duration;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Begins a new generation of leases once in every age limit, which closes those without progress since the generation before the last; see
 * {@link InFlight}. So a lease is closed when it has made no progress for at least the limit, and at most twice that.
 *
 * <p>Belongs to the {@link ControlPath} and is touched by its tasks only.
 */
final class LeaseAge {
    private final Time time;
    private final Executor tasks;
    private final Runnable nextGeneration;
    private Duration limit = Duration.ZERO;
    private @Nullable Cancellable timer;

    /** Which timer counts. */
    private int timers;

    LeaseAge(Time time, Executor tasks, Runnable nextGeneration) {
        this.time = time;
        this.tasks = tasks;
        this.nextGeneration = nextGeneration;
    }

    /** Closes leases at this age from now on; 0 closes none. */
    void limit(Duration next) {
        if (!limit.equals(next)) {
            cancel();
            limit = next;
            schedule();
        }
    }

    private void schedule() {
        if (!limit.isZero()) {
            int set = ++timers;
            timer = time.schedule(limit.toNanos(), () -> tasks.execute(() -> due(set)));
        }
    }

    private void due(int set) {
        // It may have run out before it was cancelled, and be the task after that.
        if (set == timers) {
            schedule();
            nextGeneration.run();
        }
    }

    void cancel() {
        timers++;
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }
}
