package dev.zerohop;

import java.time.Duration;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Decides when the next version is made: soon after something was reported, but once for a burst of reports; and again when the version in force asked for
 * that it must be looked at, whatever was reported.
 *
 * <p>Belongs to the {@link ControlPath} and is touched by its tasks only. Every rebuild is a task of its own.
 */
final class RebuildTimer {

    /** Connectivity and health come in bursts; at most one picker is made of them in this time. */
    private static final long COALESCE_NANOS = Duration.ofMillis(5).toNanos();

    private final Time time;
    private final Executor tasks;
    private final Runnable rebuild;
    private boolean due;
    private boolean begun;
    private long lastNanos;
    private @Nullable Cancellable coalesced;
    private @Nullable Cancellable review;

    RebuildTimer(Time time, Executor tasks, Runnable rebuild) {
        this.time = time;
        this.tasks = tasks;
        this.rebuild = rebuild;
    }

    /** The first report of a burst is answered at once, the rest of it together. */
    void soon() {
        if (due) {
            return;
        }
        due = true;
        long wait = begun ? lastNanos + COALESCE_NANOS - time.nanoTime() : 0;
        if (wait <= 0) {
            tasks.execute(this::ifDue);
        } else {
            coalesced = time.schedule(wait, () -> tasks.execute(this::ifDue));
        }
    }

    private void ifDue() {
        coalesced = null;
        if (due) {
            rebuild.run();
        }
    }

    /** A rebuild begins, for whatever reason: it takes in all that was reported before it. */
    void begins(long nowNanos) {
        cancelCoalesced();
        due = false;
        begun = true;
        lastNanos = nowNanos;
    }

    /** Replaces the review that was planned; {@link Long#MAX_VALUE} for none. */
    void reviewIn(long nanos) {
        cancelReview();
        if (nanos != Long.MAX_VALUE) {
            review = time.schedule(Math.max(1, nanos), () -> tasks.execute(rebuild));
        }
    }

    void cancel() {
        cancelReview();
        cancelCoalesced();
    }

    private void cancelCoalesced() {
        if (coalesced != null) {
            coalesced.cancel();
            coalesced = null;
        }
    }

    private void cancelReview() {
        if (review != null) {
            review.cancel();
            review = null;
        }
    }
}
