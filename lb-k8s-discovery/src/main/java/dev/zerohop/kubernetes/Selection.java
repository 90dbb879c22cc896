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
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which objects to list and watch. Equal selections share one copy.
 *
 * @param <T> the type of the objects
 */
final class Selection<T extends HasMetadata> {
    /** The label by which a slice names its service. */
    static final String SERVICE_NAME = "kubernetes.io/service-name";

    private final Class<T> type;
    private final Class<? extends KubernetesResourceList<T>> listType;
    private final String group;
    private final String version;
    private final String plural;
    private final @Nullable String namespace;
    private final @Nullable String name;
    private final @Nullable String labels;

    private Selection(
            Class<T> type,
            Class<? extends KubernetesResourceList<T>> listType,
            String groupVersion,
            String plural,
            @Nullable String namespace,
            @Nullable String name,
            @Nullable String labels) {
        int slash = groupVersion.indexOf('/');
        this.type = type;
        this.listType = listType;
        this.group = slash < 0 ? "" : groupVersion.substring(0, slash);
        this.version = groupVersion.substring(slash + 1);
        this.plural = plural;
        this.namespace = namespace;
        this.name = name;
        this.labels = labels;
    }

    /** All slices of a service. */
    static Selection<EndpointSlice> endpointSlices(String namespace, String service) {
        return new Selection<>(
                EndpointSlice.class,
                EndpointSliceList.class,
                "discovery.k8s.io/v1",
                "endpointslices",
                requireNonNull(namespace, "namespace"),
                null,
                SERVICE_NAME + "=" + service);
    }

    /** One service, or nothing while there is none. */
    static Selection<Service> service(String namespace, String name) {
        return new Selection<>(
                Service.class, ServiceList.class, "v1", "services", requireNonNull(namespace, "namespace"), name, null);
    }

    /** One StatefulSet, or nothing while there is none. */
    static Selection<StatefulSet> statefulSet(String namespace, String name) {
        return new Selection<>(
                StatefulSet.class,
                StatefulSetList.class,
                "apps/v1",
                "statefulsets",
                requireNonNull(namespace, "namespace"),
                name,
                null);
    }

    /** All StatefulSets of a namespace. */
    static Selection<StatefulSet> statefulSets(String namespace) {
        return new Selection<>(
                StatefulSet.class,
                StatefulSetList.class,
                "apps/v1",
                "statefulsets",
                requireNonNull(namespace, "namespace"),
                null,
                null);
    }

    /** The pods of a namespace that bear the labels; {@code labels} is a selector such as {@code app=orders}, null for all. */
    static Selection<Pod> pods(String namespace, @Nullable String labels) {
        return new Selection<>(
                Pod.class, PodList.class, "v1", "pods", requireNonNull(namespace, "namespace"), null, labels);
    }

    /** One node, or nothing while there is none. */
    static Selection<Node> node(String name) {
        return new Selection<>(Node.class, NodeList.class, "v1", "nodes", null, name, null);
    }

    Class<T> type() {
        return type;
    }

    Class<? extends KubernetesResourceList<T>> listType() {
        return listType;
    }

    /** The only name that is asked for, or null if all are. */
    @Nullable
    String name() {
        return name;
    }

    String group() {
        return group;
    }

    String plural() {
        return plural;
    }

    @Nullable
    String namespace() {
        return namespace;
    }

    @Nullable
    String labels() {
        return labels;
    }

    /** The collection's path below the server's address, with a leading slash. */
    String path() {
        return (group.isEmpty() ? "/api/" : "/apis/" + group + "/") + version + "/"
                + (namespace == null ? "" : "namespaces/" + namespace + "/") + plural;
    }

    /** What kind of role can grant it. */
    String roleKind() {
        return namespace == null ? "a ClusterRole" : "a Role in namespace " + namespace;
    }

    /** The rule of a role that grants it, as one line of YAML. */
    String rule() {
        return "{apiGroups: [\"" + group + "\"], resources: [\"" + plural + "\"], verbs: [\"list\", \"watch\"]}";
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Selection<?> that
                && type == that.type
                && Objects.equals(namespace, that.namespace)
                && Objects.equals(name, that.name)
                && Objects.equals(labels, that.labels);
    }

    @Override
    public int hashCode() {
        return Objects.hash(type, namespace, name, labels);
    }

    @Override
    public String toString() {
        return plural
                + (name == null ? "" : " '" + name + "'")
                + (labels == null ? "" : " with " + labels)
                + (namespace == null ? "" : " in namespace " + namespace);
    }
}
