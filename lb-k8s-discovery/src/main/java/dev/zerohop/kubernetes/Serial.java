package dev.zerohop.kubernetes;

import dev.zerohop.Log;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Runs tasks one after another, in the order in which they came, on threads of another executor. A task that throws stops nobody. */
final class Serial implements Executor {
    private static final Log LOG = Log.of(Serial.class);

    private final Executor executor;

    // Guarded by itself.
    private final ArrayDeque<Runnable> queue = new ArrayDeque<>();
    private boolean running;

    Serial(Executor executor) {
        this.executor = executor;
    }

    @Override
    public void execute(Runnable task) {
        synchronized (queue) {
            queue.add(task);
            if (running) {
                return;
            }
            running = true;
        }
        executor.execute(this::drain);
    }

    private void drain() {
        for (Runnable task = next(); task != null; task = next()) {
            try {
                task.run();
            } catch (RuntimeException | LinkageError | AssertionError thrown) {
                LOG.error("a step failed; what was known before stays in force", thrown);
            }
        }
    }

    private @Nullable Runnable next() {
        synchronized (queue) {
            Runnable task = queue.poll();
            running = task != null;
            return task;
        }
    }
}
