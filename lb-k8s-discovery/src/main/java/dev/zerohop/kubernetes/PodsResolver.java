package dev.zerohop.kubernetes;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Locality;
import dev.zerohop.Resolution;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.SourceFailure;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Turns the pods of a namespace, chosen by label or image, into endpoints. */
final class PodsResolver extends WatchingResolver {
    private final PodsTarget target;
    private @Nullable Subscription<Pod> pods;

    /** {@code target} with its namespace. */
    PodsResolver(String name, PodsTarget target, Env env, Source source, Locality configured) {
        super(name, env, source, configured);
        this.target = target;
    }

    @Override
    protected void onStart() {
        pods = subscribe(Selection.pods(requireNonNull(target.namespace(), "namespace"), target.labels()));
    }

    @Override
    boolean publishes(Subscription<?> subscription) {
        return subscription == pods;
    }

    @Override
    void update() {
        if (pods == null) {
            return;
        }
        SourceFailure failure = pods.failure();
        Reflector.State<Pod, String> state = pods.state();
        if (state == null) {
            if (failure != null) {
                publish(current().failed(failure));
            }
            return;
        }
        // Nodes are read one after another, this process's own first.
        var ignored = zones.client();
        PodView.Content content = PodView.read(target, state.values().values(), zones::zone);
        Predicate<Endpoint> over = lost -> PodView.isOver(state.values().get(lost.id()));
        List<Endpoint> endpoints = gather(content.endpoints(), over);
        boolean numbered = endpoints.isEmpty() || endpoints.stream().anyMatch(Endpoint::hasOrdinal);
        EndpointSet next = builder(endpoints, over)
                .asOf(state.asOf())
                .unnumbered(
                        numbered
                                ? null
                                : "no pod belongs to a StatefulSet, and only pods of a StatefulSet have ordinals")
                .build()
                // A deleted pod is replaced unless its StatefulSet was scaled down; the pods alone do not show
                // which is the case.
                .rememberingOrdinals(current().endpoints(), announced -> false);
        Resolution resolution =
                current().rejecting(reportSkipped(content.rejections())).answered(next);
        publish(failure == null ? resolution : resolution.failed(failure));
    }
}
