package dev.zerohop;

import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Follows the directory of the set in force and collapses bursts of what it tells into one task.
 *
 * <p>Belongs to the {@link ControlPath} and is touched by its tasks only; the directory tells from any thread.
 */
final class DirectoryWatch {
    private final Executor tasks;
    private final Runnable changed;
    private final AtomicBoolean told = new AtomicBoolean();
    private @Nullable KeyDirectory followed;
    private @Nullable Cancellable following;

    DirectoryWatch(Executor tasks, Runnable changed) {
        this.tasks = tasks;
        this.changed = changed;
    }

    /** Follows this directory from now on, and no other. */
    void follow(@Nullable KeyDirectory next) {
        if (next == followed) {
            return;
        }
        cancel();
        if (next != null) {
            following = next.follow(this::tell);
            followed = next;
        }
    }

    private void tell() {
        if (told.compareAndSet(false, true)) {
            tasks.execute(() -> {
                told.set(false);
                changed.run();
            });
        }
    }

    void cancel() {
        followed = null;
        if (following != null) {
            following.cancel();
            following = null;
        }
    }
}
