package dev.zerohop.grpc;

import dev.zerohop.Cancellable;
import dev.zerohop.Time;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** One timer, for the first of the subchannels that left: it runs out when it is due, however often the membership changes until then. In the synchronization context only. */
final class LingerTimer {
    private final Time time;
    private final Executor sync;
    private final Runnable due;
    private @Nullable Cancellable running;

    LingerTimer(Time time, Executor sync, Runnable due) {
        this.time = time;
        this.sync = sync;
        this.due = due;
    }

    void follow(List<SubchannelHandle> lingering) {
        if (lingering.isEmpty()) {
            cancel();
        } else if (running == null) {
            long left = lingering.get(0).lingerUntilNanos() - time.nanoTime();
            running = time.schedule(Math.max(0, left), () -> sync.execute(this::end));
        }
    }

    private void end() {
        if (running != null) {
            running = null;
            due.run();
        }
    }

    void cancel() {
        if (running != null) {
            running.cancel();
            running = null;
        }
    }
}
