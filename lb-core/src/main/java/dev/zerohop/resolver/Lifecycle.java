package dev.zerohop.resolver;

import static java.util.Objects.requireNonNull;

import dev.zerohop.EndpointSet;
import dev.zerohop.HealthSource;
import dev.zerohop.Log;
import dev.zerohop.Printable;
import dev.zerohop.Resolver;
import dev.zerohop.internal.FaultCount;
import dev.zerohop.internal.SerialExecutor;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * What every resolver here shares: started once, closed once, its state touched by one task at a time, its listener called from those tasks only
 * and never once closed. Blocks nobody: a task runs on the thread that brings it, or on the one that is busy with the task before.
 */
final class Lifecycle {
    private static final Log LOG = Log.of(Lifecycle.class);

    private final Object name;
    private final SerialExecutor serial = new SerialExecutor(this::onThrown);
    private final FaultCount failures = new FaultCount();
    private final AtomicBoolean started = new AtomicBoolean();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final Resolver.Listener gate = new Gate();
    private volatile Resolver.@Nullable Listener listener;

    /** {@code name} is asked for its text in messages only. */
    Lifecycle(Object name) {
        this.name = name;
    }

    /** Takes the listener, then runs the first task. */
    void start(Resolver.Listener listener, Runnable first) {
        requireNonNull(listener, "listener");
        if (closed.get() || !started.compareAndSet(false, true)) {
            throw new IllegalStateException(
                    name + ": start() was called " + (closed.get() ? "after close()" : "twice") + ", expected once");
        }
        run(() -> {
            this.listener = listener;
            first.run();
        });
    }

    /** Starts a source of this resolver's; one that does not start is one that cannot be asked. */
    void startSource(Resolver source, Resolver.Listener from) {
        try {
            source.start(from);
        } catch (Throwable thrown) {
            from.onError(new IllegalStateException(Printable.text(source + " did not start: " + thrown), thrown));
        }
    }

    /** Closes a source of this resolver's; one that throws keeps no other from being closed. */
    void closeSource(Resolver source) {
        try {
            source.close();
        } catch (Throwable thrown) {
            LOG.warn(
                    "{}: its source {} could not be closed; the rest is",
                    name,
                    source.getClass().getName(),
                    thrown);
        }
    }

    /** Asks a source of this resolver's to look again; one that throws keeps no other from being asked. */
    void refreshSource(Resolver source) {
        try {
            source.refresh();
        } catch (Throwable thrown) {
            onThrown(thrown);
        }
    }

    /** Runs a task after those before it, unless this is closed by then. */
    void run(Runnable task) {
        serial.execute(() -> {
            if (!closed.get()) {
                task.run();
            }
        });
    }

    /** Closes; the first call runs {@code last} after the tasks before it. */
    void close(Runnable last) {
        if (closed.compareAndSet(false, true)) {
            serial.execute(last);
        }
    }

    boolean closed() {
        return closed.get();
    }

    /** Whether there is somebody to tell. */
    boolean attached() {
        return listener != null;
    }

    /** The listener; deaf before the start and after the close. For use inside tasks. */
    Resolver.Listener listener() {
        return gate;
    }

    private void onThrown(Throwable thrown) {
        long count = failures.next();
        if (count != 0) {
            LOG.error("{}: a step failed ({} times so far); the last good set stays in force", name, count, thrown);
        }
    }

    private final class Gate implements Resolver.Listener {
        private Resolver.@Nullable Listener open() {
            return closed.get() ? null : listener;
        }

        @Override
        public void onEndpoints(EndpointSet all) {
            Resolver.Listener open = open();
            if (open != null) {
                open.onEndpoints(all);
            }
        }

        @Override
        public void onConfirmed(Instant asOf) {
            Resolver.Listener open = open();
            if (open != null) {
                open.onConfirmed(asOf);
            }
        }

        @Override
        public void onError(Throwable cause) {
            Resolver.Listener open = open();
            if (open != null) {
                open.onError(cause);
            }
        }

        @Override
        public void onConfiguration(String json) {
            Resolver.Listener open = open();
            if (open != null) {
                open.onConfiguration(json);
            }
        }

        @Override
        public void onConfigurationRejected(String reason) {
            Resolver.Listener open = open();
            if (open != null) {
                open.onConfigurationRejected(reason);
            }
        }

        @Override
        public void onRefused(String reason) {
            Resolver.Listener open = open();
            if (open != null) {
                open.onRefused(reason);
            }
        }

        @Override
        public void onVerdicts(Map<String, HealthSource.Verdict> verdicts) {
            Resolver.Listener open = open();
            if (open != null) {
                open.onVerdicts(verdicts);
            }
        }
    }
}
