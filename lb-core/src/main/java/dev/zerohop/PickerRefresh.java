package dev.zerohop;

import dev.zerohop.internal.Late;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Lets the picker in force {@linkplain Picker#refresh take in} what was measured, as often as it wants, however often versions change meanwhile. Nothing is published for it.
 *
 * <p>Belongs to the {@link ControlPath} and is touched by its tasks only.
 */
final class PickerRefresh {
    private final Balancer balancer;
    private final Env env;
    private final Executor tasks;
    private final ForeignFaults faults;
    private @Nullable Cancellable timer;

    PickerRefresh(Balancer balancer, Env env, Executor tasks, ForeignFaults faults) {
        this.balancer = balancer;
        this.env = env;
        this.tasks = tasks;
        this.faults = faults;
    }

    /** A version has come into force. A timer that runs goes on. */
    void follow() {
        if (timer != null) {
            return;
        }
        long period = period();
        if (period > 0) {
            long delay = (long) (period * Late.factor(env.dice().nextDouble()));
            timer = env.time().schedule(delay, () -> tasks.execute(this::due));
        }
    }

    private void due() {
        // Cancelled after it had run out.
        if (timer == null) {
            return;
        }
        timer = null;
        if (period() > 0) {
            try {
                balancer.current().picker().refresh(env.time().nanoTime());
            } catch (Throwable thrown) {
                faults.report("refresh() of the policy", "it goes by what it knew before", thrown);
            }
        }
        follow();
    }

    private long period() {
        try {
            return balancer.current().picker().refreshNanos();
        } catch (Throwable thrown) {
            faults.report("refreshNanos() of the policy", "it takes in nothing that was measured", thrown);
            return 0;
        }
    }

    void cancel() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }
}
