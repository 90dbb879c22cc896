package dev.zerohop.kubernetes;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Locality;
import dev.zerohop.Resolver;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.RemovalBuffer;
import dev.zerohop.watch.SourceFailure;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Turns the pods of a namespace, chosen by label or image, into endpoints. The listener is told on a serial executor of its own. */
final class PodsResolver implements Resolver {
    private final String name;
    private final PodsTarget target;
    private final Env env;
    private final ServiceResolver.Source source;
    private final Executor serial;
    private final Places places;
    private final LeftOut leftOut;

    // Guarded by this.
    private boolean started;

    private volatile boolean closed;

    // Touched by serial tasks only.
    private final RemovalBuffer losses = new RemovalBuffer();
    private @Nullable Listener listener;
    private @Nullable Cancellable following;
    private @Nullable Cancellable timer;
    private Reflector.@Nullable State<Pod, String> state;
    private @Nullable EndpointSet last;

    private @Nullable SourceFailure failure;

    /** The error that the listener knows; empty if it had a fresh set since. */
    private String told = "";

    /** {@code target} with its namespace; {@code stated} is what the environment says of this process. */
    PodsResolver(String name, PodsTarget target, Env env, ServiceResolver.Source source, Locality stated) {
        this.name = name;
        this.target = target;
        this.env = env;
        this.source = source;
        this.serial = env.serial(this);
        this.places = new Places(source, stated, () -> run(this::tell));
        this.leftOut = new LeftOut(name);
    }

    @Override
    public void start(Listener given) {
        requireNonNull(given, "listener");
        synchronized (this) {
            if (started || closed) {
                throw new IllegalStateException(
                        name + ": start() was called " + (closed ? "after close()" : "twice") + ", expected once");
            }
            started = true;
        }
        run(() -> {
            listener = given;
            following = source.follow(
                    Selection.pods(requireNonNull(target.namespace(), "namespace"), target.labels()), new Pods());
        });
    }

    @Override
    public void close() {
        closed = true;
        serial.execute(() -> {
            places.close();
            if (following != null) {
                following.cancel();
                following = null;
            }
            cancelTimer();
        });
    }

    private void run(Runnable task) {
        serial.execute(() -> {
            if (closed) {
                return;
            }
            try {
                task.run();
            } catch (RuntimeException unreadable) {
                tellProblem(ServiceResolver.unreadable(name, unreadable));
            }
        });
    }

    private void tellProblem(Exception cause) {
        String text = String.valueOf(cause.getMessage());
        if (listener != null && !closed && !text.equals(told)) {
            told = text;
            listener.onError(cause);
        }
    }

    private final class Pods implements Reflector.Subscriber<Pod, String> {
        @Override
        public void onState(Reflector.State<Pod, String> now, boolean stale) {
            run(() -> {
                state = now;
                if (!stale) {
                    failure = null;
                }
                tell();
            });
        }

        @Override
        public void onConfirmed(Instant asOf) {
            run(() -> {
                Reflector.State<Pod, String> now = state;
                if (now != null) {
                    state = now.confirmed(asOf);
                    tell();
                }
            });
        }

        @Override
        public void onFailure(SourceFailure cause) {
            run(() -> {
                failure = cause;
                tellProblem(cause);
            });
        }
    }

    private void tell() {
        Reflector.State<Pod, String> now = state;
        Listener to = listener;
        if (now == null || to == null || closed) {
            return;
        }
        EndpointSet before = last;
        // Asked for first: nodes are asked for one after another.
        Locality client = places.client();
        PodView.Content content = PodView.read(target, now.values().values(), places::zone);
        leftOut.tell(content.refusals(), to);
        List<Endpoint> named = content.endpoints();
        EndpointSet.Removals removals = EndpointSet.Removals.GUARDED;
        if (before != null) {
            Predicate<Endpoint> over = lost -> PodView.isOver(now.values().get(lost.id()));
            named = gathered(before, named, over);
            removals = ServiceResolver.meant(before.endpoints(), named, over) ? EndpointSet.Removals.MEANT : removals;
        }
        EndpointSet next = EndpointSet.builder(name)
                .endpoints(named)
                .asOf(now.asOf())
                .stale(failure != null)
                .removals(removals)
                .client(client)
                .unnumbered(
                        named.isEmpty() || named.stream().anyMatch(Endpoint::hasOrdinal)
                                ? null
                                : "no pod belongs to a StatefulSet, whose pods alone have ordinals")
                .build()
                // A pod that is deleted is replaced, unless its set has shrunk, and pods alone do not say which.
                .rememberingOrdinals(before, announced -> false);
        boolean same = before != null
                && before.endpoints().equals(next.endpoints())
                && before.missingOrdinals().equals(next.missingOrdinals())
                && before.client().equals(next.client())
                && before.stale() == next.stale();
        last = next;
        boolean recovered = failure == null && !told.isEmpty();
        if (!same || recovered) {
            told = recovered ? "" : told;
            to.onEndpoints(next);
        } else if (failure == null) {
            to.onConfirmed(now.asOf());
        }
    }

    private List<Endpoint> gathered(EndpointSet before, List<Endpoint> present, Predicate<Endpoint> over) {
        long now = env.time().nanoTime();
        List<Endpoint> named = losses.gather(before.endpoints(), present, over, now);
        cancelTimer();
        long due = losses.dueInNanos(now);
        if (due != Long.MAX_VALUE) {
            timer = env.time().schedule(due, () -> run(this::tell));
        }
        return named;
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
