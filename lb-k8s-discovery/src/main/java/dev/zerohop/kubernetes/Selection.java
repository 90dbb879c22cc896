package dev.zerohop.kubernetes;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeList;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodList;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceList;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSetList;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The objects to list and watch. Equal selections share one copy.
 *
 * @param <T> the type of the objects
 * @param name the name of the only object, or null for all
 */
record Selection<T extends HasMetadata>(
        Kind<T> kind,
        @Nullable String namespace,
        @Nullable String name,
        @Nullable String labels) {
    /** The label by which a slice names its service. */
    static final String SERVICE_NAME = "kubernetes.io/service-name";

    private static final Kind<EndpointSlice> SLICES =
            new Kind<>(EndpointSlice.class, EndpointSliceList.class, "discovery.k8s.io", "v1", "endpointslices");
    private static final Kind<Service> SERVICES = new Kind<>(Service.class, ServiceList.class, "", "v1", "services");
    private static final Kind<StatefulSet> STATEFUL_SETS =
            new Kind<>(StatefulSet.class, StatefulSetList.class, "apps", "v1", "statefulsets");
    private static final Kind<Pod> PODS = new Kind<>(Pod.class, PodList.class, "", "v1", "pods");
    private static final Kind<Node> NODES = new Kind<>(Node.class, NodeList.class, "", "v1", "nodes");

    /**
     * A kind of objects.
     *
     * @param group empty for the core's
     */
    record Kind<T extends HasMetadata>(
            Class<T> type,
            Class<? extends KubernetesResourceList<T>> listType,
            String group,
            String version,
            String plural) {}

    /** All slices of a service. */
    static Selection<EndpointSlice> endpointSlices(String namespace, String service) {
        return in(namespace, SLICES, null, SERVICE_NAME + "=" + service);
    }

    /** One service; empty while it does not exist. */
    static Selection<Service> service(String namespace, String name) {
        return in(namespace, SERVICES, name, null);
    }

    /** The StatefulSets of a namespace: one selection for each name, or one of all if there are no names. */
    static List<Selection<StatefulSet>> statefulSets(String namespace, List<String> names) {
        return names.isEmpty()
                ? List.of(in(namespace, STATEFUL_SETS, null, null))
                : names.stream()
                        .map(name -> in(namespace, STATEFUL_SETS, name, null))
                        .toList();
    }

    /** The pods of a namespace that have the labels; {@code labels} is a selector such as {@code app=orders}, null for all. */
    static Selection<Pod> pods(String namespace, @Nullable String labels) {
        return in(namespace, PODS, null, labels);
    }

    /** One node; empty while it does not exist. */
    static Selection<Node> node(String name) {
        return new Selection<>(NODES, null, name, null);
    }

    private static <T extends HasMetadata> Selection<T> in(
            String namespace, Kind<T> kind, @Nullable String name, @Nullable String labels) {
        return new Selection<>(kind, requireNonNull(namespace, "namespace"), name, labels);
    }

    /** The collection's path below the server's address, with a leading slash. */
    String path() {
        return (kind.group().isEmpty() ? "/api/" : "/apis/" + kind.group() + "/") + kind.version() + "/"
                + (namespace == null ? "" : "namespaces/" + namespace + "/") + kind.plural();
    }

    @Override
    public String toString() {
        return kind.plural()
                + (name == null ? "" : " '" + name + "'")
                + (labels == null ? "" : " with " + labels)
                + (namespace == null ? "" : " in namespace " + namespace);
    }
}
