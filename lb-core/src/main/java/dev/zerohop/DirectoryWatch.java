package dev.zerohop;

import static java.util.Objects.requireNonNull;

import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Follows the directory of the set in force and collapses bursts of its changes into one task.
 *
 * <p>Belongs to the {@link ControlPath} and is touched by its tasks only; the directory reports changes from any thread.
 */
final class DirectoryWatch {
    private final Executor tasks;
    private final Runnable onChange;
    private final ForeignFaults faults;
    private final AtomicBoolean pending = new AtomicBoolean();
    private @Nullable KeyDirectory followed;
    private @Nullable Cancellable following;

    DirectoryWatch(Executor tasks, Runnable onChange, ForeignFaults faults) {
        this.tasks = tasks;
        this.onChange = onChange;
        this.faults = faults;
    }

    /**
     * Follows this directory from now on, and no other.
     *
     * @return whether it is followed; if not, the same call is to be made again
     */
    boolean follow(@Nullable KeyDirectory next) {
        if (next == followed) {
            return true;
        }
        cancel();
        if (next == null) {
            return true;
        }
        try {
            following = requireNonNull(next.follow(this::changed), "follow() returned null, expected a handle");
            followed = next;
            return true;
        } catch (Throwable thrown) {
            faults.report(
                    "the directory's follow()",
                    "keys are looked up all the same, calls that wait for a look-up learn of it later; it is tried again",
                    thrown);
            return false;
        }
    }

    private void changed() {
        if (pending.compareAndSet(false, true)) {
            tasks.execute(() -> {
                pending.set(false);
                onChange.run();
            });
        }
    }

    void cancel() {
        followed = null;
        if (following != null) {
            Cancellable before = following;
            following = null;
            try {
                before.cancel();
            } catch (Throwable thrown) {
                faults.report("the end of following a directory", "what it reports changes nothing", thrown);
            }
        }
    }
}
