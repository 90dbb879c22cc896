package dev.zerohop.kubernetes;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Locality;
import dev.zerohop.Resolution;
import dev.zerohop.resolver.AbstractResolver;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.RemovalBuffer;
import dev.zerohop.watch.SourceFailure;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Instant;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Turns the pods of a namespace, chosen by label or image, into endpoints. */
final class PodsResolver extends AbstractResolver {
    private final String name;
    private final PodsTarget target;
    private final Env env;
    private final ServiceResolver.Source source;
    private final NodeZones zones;
    private final LeftOut leftOut;

    // Touched by tasks only.
    private final RemovalBuffer removalBuffer = new RemovalBuffer();
    private @Nullable Cancellable following;
    private @Nullable Cancellable timer;
    private Reflector.@Nullable State<Pod, String> state;
    private @Nullable SourceFailure failure;

    /** {@code target} with its namespace; {@code configured} is what the environment says of this process. */
    PodsResolver(String name, PodsTarget target, Env env, ServiceResolver.Source source, Locality configured) {
        super(name, env);
        this.name = name;
        this.target = target;
        this.env = env;
        this.source = source;
        this.zones = new NodeZones(source, configured, () -> run(this::update));
        this.leftOut = new LeftOut(name);
    }

    @Override
    protected void onStart() {
        following = source.follow(
                Selection.pods(requireNonNull(target.namespace(), "namespace"), target.labels()), new Pods());
    }

    @Override
    protected void onClose() {
        zones.close();
        if (following != null) {
            following.cancel();
            following = null;
        }
        cancelTimer();
    }

    @Override
    protected void onThrown(Throwable thrown) {
        if (thrown instanceof RuntimeException unreadable) {
            publish(current().failed(ServiceResolver.unreadable(name, unreadable)));
        } else {
            super.onThrown(thrown);
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
                update();
            });
        }

        @Override
        public void onConfirmed(Instant asOf) {
            run(() -> {
                Reflector.State<Pod, String> now = state;
                if (now != null) {
                    state = now.confirmed(asOf);
                    update();
                }
            });
        }

        @Override
        public void onFailure(SourceFailure cause) {
            run(() -> {
                failure = cause;
                publish(current().failed(cause));
            });
        }
    }

    private void update() {
        Reflector.State<Pod, String> now = state;
        if (now == null) {
            return;
        }
        EndpointSet before = current().endpoints();
        // Asked for first: nodes are asked for one after another.
        Locality client = zones.client();
        PodView.Content content = PodView.read(target, now.values().values(), zones::zone);
        List<Endpoint> named = content.endpoints();
        EndpointSet.Removals removals = EndpointSet.Removals.GUARDED;
        if (before != null) {
            Predicate<Endpoint> over = lost -> PodView.isOver(now.values().get(lost.id()));
            named = gathered(before, named, over);
            removals = ServiceResolver.meant(before.endpoints(), named, over) ? EndpointSet.Removals.MEANT : removals;
        }
        EndpointSet set = EndpointSet.builder(name)
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
        Resolution next =
                current().rejecting(leftOut.report(content.rejections())).answered(set);
        publish(failure == null ? next : next.failed(failure));
    }

    private List<Endpoint> gathered(EndpointSet before, List<Endpoint> present, Predicate<Endpoint> over) {
        long now = env.time().nanoTime();
        List<Endpoint> named = removalBuffer.gather(before.endpoints(), present, over, now);
        cancelTimer();
        long due = removalBuffer.dueInNanos(now);
        if (due != Long.MAX_VALUE) {
            timer = env.time().schedule(due, () -> run(this::update));
        }
        return named;
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }
}
