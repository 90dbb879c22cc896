package dev.zerohop.etcd;

import static java.util.Objects.requireNonNull;

import com.google.common.util.concurrent.MoreExecutors;
import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Resolver;
import dev.zerohop.ShardMap;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns what a {@link Reflector} holds into endpoints, by way of a {@link View}. Listeners are told on a serial executor of their own: one that is slow
 * keeps nobody else waiting.
 */
final class EtcdResolver implements Resolver {
    private static final Logger LOG = LoggerFactory.getLogger(EtcdResolver.class);

    private final String name;
    private final EndpointSet.Removals removals;
    private final View view;
    private final Env env;
    private final Function<Reflector.Subscriber, Cancellable> source;
    private final Executor serial;

    // Guarded by this.
    private boolean started;
    private @Nullable Cancellable subscription;

    private volatile boolean closed;

    // Touched by serial tasks only.
    private final Losses losses = new Losses();
    private @Nullable Known known;
    private @Nullable Cancellable timer;

    /** What etcd says, whatever of it was told. */
    private record Known(List<Endpoint> endpoints, @Nullable ShardMap shards, Reflector.State state, boolean stale) {}

    /** {@code source} subscribes to the keys that {@code view} reads. */
    EtcdResolver(
            String name,
            EndpointSet.Removals removals,
            View view,
            Env env,
            Function<Reflector.Subscriber, Cancellable> source) {
        this.name = name;
        this.removals = removals;
        this.view = view;
        this.env = env;
        this.source = source;
        this.serial = MoreExecutors.newSequentialExecutor(env.blocking());
    }

    @Override
    public void start(Listener listener) {
        requireNonNull(listener, "listener");
        synchronized (this) {
            if (started || closed) {
                throw new IllegalStateException(
                        name + ": start() was called " + (closed ? "after close()" : "twice") + ", expected once");
            }
            started = true;
        }
        Cancellable subscribed = source.apply(new Feed(listener));
        synchronized (this) {
            if (!closed) {
                subscription = subscribed;
                return;
            }
        }
        subscribed.cancel();
    }

    @Override
    public void close() {
        Cancellable subscribed;
        synchronized (this) {
            closed = true;
            subscribed = subscription;
            subscription = null;
        }
        if (subscribed != null) {
            subscribed.cancel();
        }
        serial.execute(this::cancelTimer);
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    private void run(Runnable task) {
        serial.execute(() -> {
            if (!closed) {
                task.run();
            }
        });
    }

    /** Tells the listener; its own state is touched by serial tasks only. */
    private final class Feed implements Reflector.Subscriber {
        private final Listener listener;
        private @Nullable EndpointSet last;
        private @Nullable String configuration;
        private @Nullable String problem;

        Feed(Listener listener) {
            this.listener = listener;
        }

        @Override
        public void onState(Reflector.State state, boolean stale) {
            run(() -> take(state, stale));
        }

        @Override
        public void onConfirmed(Instant asOf) {
            run(() -> {
                if (problem == null) {
                    confirm(asOf);
                }
            });
        }

        @Override
        public void onFailure(EtcdFailure cause) {
            run(() -> tellProblem(cause));
        }

        private void take(Reflector.State state, boolean stale) {
            View.Content content = view.read(state.entries());
            for (String refusal : content.refusals()) {
                LOG.warn("{}: {}", name, refusal);
            }
            tellConfiguration(content.configuration());
            if (content.endpoints() == null) {
                // The one value that names everybody is bad, and no good one came before it.
                if (!content.refusals().isEmpty()) {
                    tellProblem(new IllegalArgumentException(content.refusals().get(0)));
                }
                return;
            }
            known = new Known(content.endpoints(), content.shards(), state, stale);
            tellEndpoints();
        }

        private void tellConfiguration(@Nullable String json) {
            if (json != null && !json.equals(configuration)) {
                configuration = json;
                listener.onConfiguration(json);
            }
        }

        private void tellEndpoints() {
            Known now = known;
            if (now == null) {
                return;
            }
            EndpointSet before = last;
            EndpointSet next = EndpointSet.builder(name)
                    .endpoints(before == null ? now.endpoints() : gathered(before, now.endpoints()))
                    .shardMap(now.shards())
                    .version(now.state().revision())
                    .asOf(now.state().asOf())
                    .stale(now.stale())
                    .removals(removals)
                    .build();
            boolean same = before != null
                    && before.endpoints().equals(next.endpoints())
                    && Objects.equals(before.shardMap(), next.shardMap());
            if (same && problem == null) {
                confirm(next.asOf());
                return;
            }
            if (same && next.stale()) {
                return;
            }
            if (!next.stale()) {
                problem = null;
            }
            last = next;
            if (!closed) {
                listener.onEndpoints(next);
            }
        }

        /** What is meant goes at once. */
        private List<Endpoint> gathered(EndpointSet before, List<Endpoint> present) {
            if (removals == EndpointSet.Removals.MEANT) {
                return present;
            }
            long now = env.time().nanoTime();
            List<Endpoint> named = losses.gather(before.endpoints(), present, now);
            cancelTimer();
            long due = losses.dueInNanos(now);
            if (due != Long.MAX_VALUE) {
                timer = env.time().schedule(due, () -> run(this::tellEndpoints));
            }
            return named;
        }

        private void confirm(Instant asOf) {
            EndpointSet set = last;
            if (set != null && !closed) {
                last = set.confirmed(asOf);
                listener.onConfirmed(asOf);
            }
        }

        /** Once, until it goes away or turns into another. */
        private void tellProblem(Exception cause) {
            String text = String.valueOf(cause.getMessage());
            if (!closed && !text.equals(problem)) {
                problem = text;
                listener.onError(cause);
            }
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
