package dev.zerohop.resolver;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Log;
import dev.zerohop.Printable;
import dev.zerohop.Resolution;
import dev.zerohop.Resolver;
import dev.zerohop.internal.FaultCount;
import dev.zerohop.internal.SerialExecutor;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The base of most resolvers: started and closed once, one task at a time, a listener that is called from those tasks only and never after close. A
 * resolution that says the same as the last one is not published again, an error in the same words is published once, and endpoints without a date are
 * of now.
 *
 * <p>An implementation begins to follow its source in {@link #onStart} and calls {@link #answer} and {@link #fail}, or {@link #publish} from a task of its own
 * where it has more to say. Thread-safe as far as its final methods go.
 */
public abstract class AbstractResolver implements Resolver {
    private static final Log LOG = Log.of(AbstractResolver.class);

    private final Object name;
    private final Env env;
    private final Executor serial;
    private final FaultCount failures = new FaultCount();
    private final FaultCount listenerFailures = new FaultCount();
    private final AtomicBoolean started = new AtomicBoolean();
    private final AtomicBoolean closed = new AtomicBoolean();

    // Touched by tasks only.
    private Resolution current = Resolution.NONE;
    private @Nullable Listener listener;

    /**
     * Runs tasks on {@link Env#blocking}: a listener that is slow keeps nothing else waiting.
     *
     * @param name the source in words, usually the target; asked for its text in messages only
     */
    protected AbstractResolver(Object name, Env env) {
        this(name, env, env.blocking());
    }

    /** Runs tasks on other threads; {@code Runnable::run} for the thread that brings a task, or the one that is busy with the task before. */
    protected AbstractResolver(Object name, Env env, Executor threads) {
        this.name = requireNonNull(name, "name");
        this.env = requireNonNull(env, "env");
        this.serial = new SerialExecutor(threads, this::onThrown);
    }

    /** Begins to follow the source. A task. What it throws is why the source cannot be read. */
    protected abstract void onStart();

    /** Lets go of the source and of timers. The last task, also of a resolver that was never started. */
    protected abstract void onClose();

    /** Called with what a task threw. Default: logs it; what was known before stays in force. */
    protected void onThrown(Throwable thrown) {
        long count = failures.next();
        if (count != 0) {
            LOG.error("{}: a step failed ({} times so far); the last good set stays in force", name, count, thrown);
        }
    }

    @Override
    public final void start(Listener listener) {
        requireNonNull(listener, "listener");
        if (closed.get() || !started.compareAndSet(false, true)) {
            throw new IllegalStateException(
                    name + ": start() was called " + (closed.get() ? "after close()" : "twice") + ", expected once");
        }
        run(() -> this.listener = listener);
        run(() -> {
            if (current != Resolution.NONE) {
                notify(listener, current);
            }
        });
        run(() -> {
            try {
                onStart();
            } catch (Throwable unusable) {
                LOG.warn("{}: the source cannot be followed", name, unusable);
                publish(current.failed(unusable));
            }
        });
    }

    @Override
    public final void close() {
        if (closed.compareAndSet(false, true)) {
            try {
                serial.execute(this::onClose);
            } catch (RejectedExecutionException ended) {
                // The threads are gone, and no task is left that could be disturbed.
                onClose();
            }
        }
    }

    /** Publishes the complete membership, possibly empty, as of now. From any thread. */
    protected final void answer(List<Endpoint> endpoints) {
        run(() -> publish(current.answered(
                EndpointSet.builder(toString()).endpoints(endpoints).build())));
    }

    /** Publishes that the source cannot be read. From any thread. */
    protected void fail(Throwable cause) {
        run(() -> publish(current.failed(cause)));
    }

    /** Runs a task after those before it, unless this is closed by then. */
    protected final void run(Runnable task) {
        serial.execute(() -> {
            if (!closed.get()) {
                task.run();
            }
        });
    }

    /** What was published last. For tasks. */
    protected final Resolution current() {
        return current;
    }

    /** Whether this is started. For tasks. */
    protected final boolean attached() {
        return listener != null;
    }

    /** Whether this is closed. From any thread. */
    protected final boolean closed() {
        return closed.get();
    }

    /** Publishes what the source says now, if it differs. Before the start it is kept for the listener. For tasks. */
    protected final void publish(Resolution next) {
        if (closed.get()) {
            return;
        }
        Resolution now = next.mapEndpoints(this::dated).following(current);
        if (now == current) {
            return;
        }
        current = now;
        if (listener != null) {
            notify(listener, now);
        }
    }

    /** What a listener throws keeps this resolver from nothing. */
    private void notify(Listener listener, Resolution now) {
        try {
            listener.onResolution(now);
        } catch (Throwable thrown) {
            long count = listenerFailures.next();
            if (count != 0) {
                LOG.error(
                        "{}: its listener threw ({} times so far); the source is still followed", name, count, thrown);
            }
        }
    }

    private EndpointSet dated(EndpointSet set) {
        return set.asOf().equals(Instant.EPOCH) && !set.stale()
                ? set.confirmed(env.time().now())
                : set;
    }

    // ---- resolvers over others ----

    /** Starts a source of this resolver's; what it says comes as tasks. One that does not start is one that cannot be read. */
    protected final void follow(Resolver source, Consumer<Resolution> consumer) {
        try {
            source.start(now -> run(() -> consumer.accept(now)));
        } catch (Throwable thrown) {
            Throwable cause = new IllegalStateException(Printable.text(source + " did not start: " + thrown), thrown);
            run(() -> consumer.accept(Resolution.NONE.failed(cause)));
        }
    }

    /** Closes a source of this resolver's; one that throws keeps no other from being closed. */
    protected final void closeSource(Resolver source) {
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
    protected final void refreshSource(Resolver source) {
        try {
            source.refresh();
        } catch (Throwable thrown) {
            onThrown(thrown);
        }
    }

    @Override
    public String toString() {
        return name.toString();
    }
}
