package dev.zerohop;

import dev.zerohop.internal.FaultCount;
import dev.zerohop.internal.SerialExecutor;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** Runs the tasks of a control path one after another, until it is closed. What a task throws is logged and keeps no other from running. Thread-safe. */
final class ControlTasks implements Executor {
    private static final Log LOG = Log.of(ControlPath.class);

    private final String name;
    private final Executor serial;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final FaultCount failures = new FaultCount();

    /** On this executor, or on one of its own. */
    ControlTasks(String name, @Nullable Executor serial) {
        this.name = name;
        this.serial = serial != null ? serial : new SerialExecutor(this::failed);
    }

    boolean closed() {
        return closed.get();
    }

    /** Runs the task in its turn, unless it is closed by then. */
    @Override
    public void execute(Runnable task) {
        serial.execute(() -> {
            if (!closed.get()) {
                guarded(task);
            }
        });
    }

    /** Ends it; false if that was done before. */
    boolean close() {
        return closed.compareAndSet(false, true);
    }

    /** Runs this after all others, once it is closed. */
    void last(Runnable task) {
        serial.execute(() -> guarded(task));
    }

    /** Runs a part of a task. The executor may belong to a channel that takes an exception for its end. */
    void guarded(Runnable part) {
        try {
            part.run();
        } catch (Throwable thrown) {
            failed(thrown);
        }
    }

    private void failed(Throwable thrown) {
        long count = failures.next();
        if (count != 0) {
            LOG.error(
                    "{}: a change could not be applied ({} times so far); the version before it stays in force",
                    name,
                    count,
                    thrown);
        }
    }
}
