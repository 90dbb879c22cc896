package dev.zerohop.kubernetes;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Locality;
import dev.zerohop.Log;
import dev.zerohop.Printable;
import dev.zerohop.resolver.AbstractResolver;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.RemovalBuffer;
import dev.zerohop.watch.SourceFailure;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Turns Kubernetes objects into endpoints: follows selections of objects, and evaluates all of them again whenever one has changed. */
abstract class WatchingResolver extends AbstractResolver {
    private static final Log LOG = Log.of(WatchingResolver.class);

    final String name;
    final Env env;
    final NodeZones zones;
    private final Source source;

    // Touched by tasks only.
    private final Set<Subscription<?>> subscriptions = new HashSet<>();
    private final RemovalBuffer removalBuffer = new RemovalBuffer();
    private List<String> skipped = List.of();
    private @Nullable Cancellable timer;
    private boolean updating;

    /** Follows selections. */
    interface Source {
        <T extends HasMetadata> Cancellable follow(Selection<T> what, Reflector.Subscriber<T, String> subscriber);
    }

    /** {@code configured} is the locality of this process from its environment. */
    WatchingResolver(String name, Env env, Source source, Locality configured) {
        super(name, env);
        this.name = name;
        this.env = env;
        this.source = source;
        this.zones = new NodeZones(this, configured);
    }

    /** Publishes the resolution that follows from the present state of all selections. A task. */
    abstract void update();

    /** Whether the published endpoints come from this selection, so that they are as fresh as it is. A task. */
    abstract boolean publishes(Subscription<?> subscription);

    /** Runs {@link #update} after the tasks that are queued, so that it runs once for a burst of changes. From any thread. */
    final void updateSoon() {
        run(() -> {
            if (!updating) {
                updating = true;
                run(() -> {
                    updating = false;
                    zones.takeAnswer();
                    update();
                });
            }
        });
    }

    /** Follows a selection until it is cancelled or the resolver is closed. A task. */
    final <T extends HasMetadata> Subscription<T> subscribe(Selection<T> what) {
        Subscription<T> subscription = new Subscription<>(what);
        subscriptions.add(subscription);
        return subscription;
    }

    /** The present state of one selection. For tasks. */
    final class Subscription<T extends HasMetadata> implements Reflector.Subscriber<T, String>, Cancellable {
        private final Cancellable following;
        private Reflector.@Nullable State<T, String> state;
        private @Nullable SourceFailure failure;

        private Subscription(Selection<T> what) {
            this.following = source.follow(what, this);
        }

        @Override
        public void onState(Reflector.State<T, String> now, boolean stale) {
            task(() -> {
                state = now;
                if (!stale) {
                    failure = null;
                }
                updateSoon();
            });
        }

        @Override
        public void onConfirmed(Instant asOf) {
            task(() -> {
                if (state != null) {
                    state = state.confirmed(asOf);
                    if (publishes(this) && current().error() == null) {
                        publish(current().mapEndpoints(set -> set.confirmed(asOf)));
                    }
                }
            });
        }

        @Override
        public void onFailure(SourceFailure cause) {
            task(() -> {
                failure = cause;
                updateSoon();
            });
        }

        private void task(Runnable task) {
            run(() -> {
                if (subscriptions.contains(this)) {
                    task.run();
                }
            });
        }

        /** The latest state; null before the first. */
        Reflector.@Nullable State<T, String> state() {
            return state;
        }

        /** Why it cannot be read, or null. */
        @Nullable
        SourceFailure failure() {
            return failure;
        }

        /** Whether there is no permission for it, or the server has no such objects, so that a retry would not help. */
        boolean isUnavailable() {
            return failure != null
                    && (failure.kind() == SourceFailure.Kind.DENIED || failure.kind() == SourceFailure.Kind.MISSING);
        }

        /** Empty before the first state. */
        Collection<T> objects() {
            return state == null ? List.of() : state.values().values();
        }

        @Override
        public void cancel() {
            subscriptions.remove(this);
            following.cancel();
        }
    }

    @Override
    protected void onClose() {
        List.copyOf(subscriptions).forEach(Subscription::cancel);
        cancelTimer();
    }

    @Override
    protected void onThrown(Throwable thrown) {
        if (thrown instanceof RuntimeException unreadable) {
            publish(current()
                    .failed(new IllegalStateException(
                            Printable.text(name + ": what the API server has cannot be read: " + unreadable
                                    + "; expected objects as their API defines them"),
                            unreadable)));
        } else {
            super.onThrown(thrown);
        }
    }

    /** Logs each object that is left out, once for as long as it is left out; returns all of them, each with the reason, in printable form. */
    final List<String> reportSkipped(List<String> present) {
        for (String each : present) {
            if (!skipped.contains(each)) {
                LOG.warn("{}: {}; it is left out", name, Printable.text(each));
            }
        }
        skipped = present;
        return present.stream().map(Printable::text).toList();
    }

    /**
     * The present endpoints, and removed ones that are kept for a short time, since more removals may follow; {@code expected} removals take effect at once.
     */
    final List<Endpoint> gather(List<Endpoint> present, Predicate<Endpoint> expected) {
        EndpointSet before = current().endpoints();
        if (before == null) {
            return present;
        }
        long now = env.time().nanoTime();
        List<Endpoint> gathered = removalBuffer.gather(before.endpoints(), present, expected, now);
        cancelTimer();
        long due = removalBuffer.dueInNanos(now);
        if (due != Long.MAX_VALUE) {
            timer = env.time().schedule(due, this::updateSoon);
        }
        return gathered;
    }

    /** Begins the next set; {@code meant} selects endpoints that were removed on purpose if they are missing. */
    final EndpointSet.Builder builder(List<Endpoint> endpoints, Predicate<Endpoint> meant) {
        EndpointSet before = current().endpoints();
        return EndpointSet.builder(name)
                .after(before)
                .endpoints(endpoints)
                .removals(
                        before != null && isMeant(before.endpoints(), endpoints, meant)
                                ? EndpointSet.Removals.MEANT
                                : EndpointSet.Removals.GUARDED)
                .client(zones.client());
    }

    /** Whether ready endpoints are missing, and all of them were removed on purpose. */
    private static boolean isMeant(List<Endpoint> before, List<Endpoint> next, Predicate<Endpoint> meant) {
        Set<String> after = next.stream().map(Endpoint::id).collect(Collectors.toSet());
        List<Endpoint> missing = before.stream()
                .filter(each -> each.readiness() == Endpoint.Readiness.READY && !after.contains(each.id()))
                .toList();
        return !missing.isEmpty() && missing.stream().allMatch(meant);
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }
}
