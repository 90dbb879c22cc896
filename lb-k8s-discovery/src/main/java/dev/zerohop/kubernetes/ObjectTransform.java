package dev.zerohop.kubernetes;

import dev.zerohop.EndpointSet;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reduces objects to the fields that are read here, as a transform of client-go's informers does, so that fields that are not used here take no memory. Also
 * the limit of how much is stored.
 */
final class ObjectTransform {
    /** The limit of pods and slice endpoints in one copy: twice the limit of a set, since slices of two address families list each endpoint twice. */
    static final int MAX_ITEMS = 2 * EndpointSet.MAX_ENDPOINTS;

    private ObjectTransform() {}

    /** How much of {@link #MAX_ITEMS} an object counts for. */
    static int items(HasMetadata object) {
        return object instanceof EndpointSlice slice && slice.getEndpoints() != null
                ? Math.max(1, slice.getEndpoints().size())
                : 1;
    }

    /** The message that {@code server} has more objects than are accepted. */
    static String tooMuch(Object server, Selection<?> what, long limit) {
        return server + " has more than " + limit + " pods or endpoints in " + what + ", expected at most so many";
    }

    /** Requires a field that every object and list of the API has: without it they can be neither distinguished nor watched. */
    static String required(@Nullable String value, String what) {
        if (value == null || value.isEmpty()) {
            throw new IllegalStateException("found an object or list without a " + what + ", expected one");
        }
        return value;
    }

    /** Trims the object in place and returns it. */
    static <T extends HasMetadata> T trim(T object) {
        ObjectMeta all = object.getMetadata();
        ObjectMeta trimmed = new ObjectMeta();
        trimmed.setName(all.getName());
        trimmed.setNamespace(all.getNamespace());
        trimmed.setUid(all.getUid());
        trimmed.setResourceVersion(all.getResourceVersion());
        if (object instanceof Pod pod) {
            trimmed.setCreationTimestamp(all.getCreationTimestamp());
            trimmed.setDeletionTimestamp(all.getDeletionTimestamp());
            trimmed.setOwnerReferences(all.getOwnerReferences());
            trimmed.setLabels(only(NodeZones.ZONE, all.getLabels()));
            trimPod(pod);
        } else if (object instanceof StatefulSet set) {
            trimmed.setAnnotations(only(StatefulSetView.SHARDS, all.getAnnotations()));
            if (set.getSpec() != null) {
                set.getSpec().setTemplate(null);
                set.getSpec().setVolumeClaimTemplates(new ArrayList<>());
            }
        } else if (object instanceof Node node) {
            trimmed.setLabels(only(NodeZones.ZONE, all.getLabels()));
            node.setSpec(null);
            node.setStatus(null);
        }
        object.setMetadata(trimmed);
        return object;
    }

    private static void trimPod(Pod pod) {
        if (pod.getSpec() != null) {
            PodSpec spec = new PodSpec();
            spec.setNodeName(pod.getSpec().getNodeName());
            List<Container> containers = new ArrayList<>();
            for (Container each : pod.getSpec().getContainers()) {
                Container container = new Container();
                container.setName(each.getName());
                container.setImage(each.getImage());
                container.setPorts(each.getPorts());
                containers.add(container);
            }
            spec.setContainers(containers);
            pod.setSpec(spec);
        }
        if (pod.getStatus() != null) {
            PodStatus status = new PodStatus();
            status.setPodIP(pod.getStatus().getPodIP());
            status.setPhase(pod.getStatus().getPhase());
            status.setConditions(pod.getStatus().getConditions());
            pod.setStatus(status);
        }
    }

    private static Map<String, String> only(String name, @Nullable Map<String, String> all) {
        String value = all == null ? null : all.get(name);
        return value == null ? Map.of() : Map.of(name, value);
    }
}
