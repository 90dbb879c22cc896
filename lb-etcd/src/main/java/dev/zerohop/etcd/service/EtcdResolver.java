package dev.zerohop.etcd.service;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Log;
import dev.zerohop.Resolver;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.etcd.client.Refused;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.RemovalBuffer;
import dev.zerohop.watch.SourceFailure;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Turns what a {@link Reflector} holds into endpoints, by way of a {@link View}. Listeners are told on a serial executor of their own: one that is slow
 * keeps nobody else waiting.
 */
public final class EtcdResolver implements Resolver {
    private static final Log LOG = Log.of(EtcdResolver.class);

    /** Learns what a resolver's listener is not told; called before the listener. */
    public interface Aside {
        /** What the target now means instead; told with every reading. */
        void onAlias(@Nullable Alias alias);

        /** All that is refused at present, whenever that changes. */
        void onRefusals(List<Refused> present);

        /** For a target that has neither aliases nor a status. */
        Aside NOBODY = new Aside() {
            @Override
            public void onAlias(@Nullable Alias alias) {}

            @Override
            public void onRefusals(List<Refused> present) {}
        };
    }

    private final String name;
    private final EndpointSet.Removals removals;
    private final View view;
    private final Env env;
    private final Function<Reflector.Subscriber<Entry, Version>, Cancellable> source;
    private final Aside aside;
    private final @Nullable Health health;
    private final Lifecycle lifecycle;

    // Guarded by this.
    private @Nullable Cancellable subscription;

    // Touched by the lifecycle's tasks only.
    private final RemovalBuffer losses = new RemovalBuffer();
    private final SmoothWeights weights = new SmoothWeights();
    private @Nullable Known known;
    private @Nullable Cancellable timer;

    /** What etcd says, whatever of it was told. */
    private record Known(
            View.Content content, List<Endpoint> endpoints, Reflector.State<Entry, Version> state, boolean stale) {}

    /**
     * Where the verdicts on the endpoints are.
     *
     * @param source subscribes to the keys under {@link ServiceKeys#health}
     */
    record Health(ServiceKeys keys, Function<Reflector.Subscriber<Entry, Version>, Cancellable> source) {}

    /** {@code source} subscribes to the keys that {@code view} reads; nobody judges the endpoints if {@code health} is null. */
    public EtcdResolver(
            String name,
            EndpointSet.Removals removals,
            View view,
            Env env,
            Function<Reflector.Subscriber<Entry, Version>, Cancellable> source,
            Aside aside,
            @Nullable Health health) {
        this.name = name;
        this.removals = removals;
        this.view = view;
        this.env = env;
        this.source = source;
        this.aside = aside;
        this.health = health;
        this.lifecycle = new Lifecycle(name, env);
    }

    @Override
    public void start(Listener listener) {
        lifecycle.start(listener);
        Cancellable subscribed = subscribe(listener);
        synchronized (this) {
            if (!lifecycle.closed()) {
                subscription = subscribed;
                return;
            }
        }
        subscribed.cancel();
    }

    private Cancellable subscribe(Listener listener) {
        Cancellable endpoints = source.apply(new Feed(listener));
        if (health == null) {
            return endpoints;
        }
        Cancellable verdicts =
                health.source().apply(new HealthFeed(name, health.keys(), env.time(), lifecycle::run, listener));
        return () -> {
            endpoints.cancel();
            verdicts.cancel();
        };
    }

    @Override
    public void close() {
        lifecycle.close(this::cancelTimer);
        Cancellable subscribed;
        synchronized (this) {
            subscribed = subscription;
            subscription = null;
        }
        if (subscribed != null) {
            subscribed.cancel();
        }
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    /** Tells the listener; its own state is touched by the lifecycle's tasks only. */
    private final class Feed implements Reflector.Subscriber<Entry, Version> {
        private final Listener listener;
        private @Nullable EndpointSet last;
        private String configuration = "";
        private @Nullable String rejectedConfiguration;
        private List<Refused> refused = List.of();
        private @Nullable String problem;

        Feed(Listener listener) {
            this.listener = listener;
        }

        @Override
        public void onState(Reflector.State<Entry, Version> state, boolean stale) {
            lifecycle.run(() -> take(state, stale));
        }

        @Override
        public void onConfirmed(Instant asOf) {
            lifecycle.run(() -> {
                if (problem == null) {
                    confirm(asOf);
                }
            });
        }

        @Override
        public void onFailure(SourceFailure cause) {
            lifecycle.run(() -> {
                Known now = known;
                if (now != null) {
                    // What timers still tell of it is not vouched for.
                    known = new Known(now.content(), now.endpoints(), now.state(), true);
                }
                tellProblem(cause);
            });
        }

        private void take(Reflector.State<Entry, Version> state, boolean stale) {
            View.Content content = view.read(state.values());
            tellRefusals(content.refusals());
            aside.onAlias(content.alias());
            tellConfiguration(content.configuration(), content.rejectedConfiguration());
            List<Endpoint> endpoints = content.endpoints();
            if (endpoints == null) {
                // The one value that names everybody is bad, and no good one came before it.
                if (!content.refusals().isEmpty()) {
                    tellProblem(new IllegalArgumentException(
                            content.refusals().get(0).text()));
                }
                return;
            }
            known = new Known(content, endpoints, state, stale);
            tellEndpoints();
        }

        /** Each value once. */
        private void tellRefusals(List<Refused> present) {
            List<Refused> sorted = new ArrayList<>(present);
            sorted.sort(Comparator.comparing(Refused::key));
            if (sorted.equals(refused)) {
                return;
            }
            List<Refused> before = refused;
            refused = List.copyOf(sorted);
            aside.onRefusals(refused);
            for (Refused value : refused) {
                if (!before.contains(value) && !lifecycle.closed()) {
                    LOG.warn("{}: {}", name, value.text());
                    listener.onRefused(value.text());
                }
            }
        }

        private void tellConfiguration(@Nullable String json, @Nullable Refused rejected) {
            if (lifecycle.closed()) {
                return;
            }
            if (rejected != null) {
                if (!rejected.text().equals(rejectedConfiguration)) {
                    rejectedConfiguration = rejected.text();
                    listener.onConfigurationRejected(rejected.text());
                }
                return;
            }
            String next = json == null ? "" : json;
            if (!next.equals(configuration) || rejectedConfiguration != null) {
                configuration = next;
                rejectedConfiguration = null;
                listener.onConfiguration(next);
            }
        }

        private void tellEndpoints() {
            Known now = known;
            if (now == null) {
                return;
            }
            EndpointSet before = last;
            cancelTimer();
            long nanos = env.time().nanoTime();
            List<Endpoint> weighted =
                    weights.apply(now.endpoints(), now.content().smoothing(), nanos);
            List<Endpoint> named = before == null || removals == EndpointSet.Removals.MEANT
                    ? weighted
                    : losses.gather(before.endpoints(), weighted, lost -> false, nanos);
            weights.stillNamed(named);
            lookAgainIn(Math.min(weights.dueInNanos(), losses.dueInNanos(nanos)));
            EndpointSet next = EndpointSet.builder(name)
                    .endpoints(named)
                    .shardMap(now.content().shards())
                    .version(now.state().version().revision())
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
            if (!lifecycle.closed()) {
                listener.onEndpoints(next);
            }
        }

        /** When a loss is to be told, or weights may step. */
        private void lookAgainIn(long nanos) {
            if (nanos != Long.MAX_VALUE) {
                timer = env.time().schedule(nanos, () -> lifecycle.run(this::tellEndpoints));
            }
        }

        private void confirm(Instant asOf) {
            EndpointSet set = last;
            if (set != null && !lifecycle.closed()) {
                last = set.confirmed(asOf);
                listener.onConfirmed(asOf);
            }
        }

        /** Once, until it goes away or turns into another. */
        private void tellProblem(Exception cause) {
            String text = String.valueOf(cause.getMessage());
            if (!lifecycle.closed() && !text.equals(problem)) {
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
