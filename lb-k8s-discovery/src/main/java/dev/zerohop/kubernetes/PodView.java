package dev.zerohop.kubernetes;

import static java.util.Objects.requireNonNullElse;

import dev.zerohop.Endpoint;
import dev.zerohop.Endpoint.Readiness;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Turns the pods of a namespace into endpoints. A pure function.
 *
 * <p>An image matches by the last segment of its path, without tag and digest: {@code registry:5000/models/resnet:v2} is {@code resnet}. A pod is no endpoint
 * if it has no address, has terminated, or does not have the port. Of two pods that take calls at one address only one is an endpoint.
 */
final class PodView {
    private PodView() {}

    /**
     * The endpoints of the pods.
     *
     * @param endpoints sorted by id
     * @param rejections pods that had to be left out, each with the reason
     */
    record Content(List<Endpoint> endpoints, List<String> rejections) {}

    /**
     * Reads the pods. An invalid pod is left out and does not affect the others.
     *
     * @param zoneOf the zone of a node, or null if it is not known
     */
    static Content read(PodsTarget target, Collection<Pod> pods, Function<String, @Nullable String> zoneOf) {
        List<Endpoint> endpoints = new ArrayList<>();
        List<String> rejections = new ArrayList<>();
        Map<String, Endpoint> byAddress = new HashMap<>();
        for (Pod pod : preferred(pods)) {
            Endpoint endpoint;
            try {
                endpoint = endpoint(target, pod, zoneOf);
            } catch (IllegalArgumentException rejected) {
                rejections.add("pod " + pod.getMetadata().getName() + ": " + rejected.getMessage());
                continue;
            }
            // Of two that take calls at one address one counts: the second would get this address another share of
            // the calls.
            if (endpoint != null
                    && (endpoint.readiness() == Readiness.NOT_READY
                            || byAddress.putIfAbsent(endpoint.address(), endpoint) == null)) {
                endpoints.add(endpoint);
            }
        }
        endpoints.sort(Comparator.comparing(Endpoint::id));
        return new Content(endpoints, rejections);
    }

    /** Orders pods with the same address: those that do not terminate first, then the younger first. */
    private static List<Pod> preferred(Collection<Pod> pods) {
        return pods.stream()
                .sorted(Comparator.<Pod, Boolean>comparing(
                                pod -> pod.getMetadata().getDeletionTimestamp() != null)
                        .thenComparing(
                                pod -> requireNonNullElse(pod.getMetadata().getCreationTimestamp(), ""),
                                Comparator.reverseOrder())
                        .thenComparing(pod -> pod.getMetadata().getName()))
                .toList();
    }

    private static @Nullable Endpoint endpoint(PodsTarget target, Pod pod, Function<String, @Nullable String> zoneOf) {
        if (pod.getSpec() == null || pod.getStatus() == null) {
            return null;
        }
        String address = pod.getStatus().getPodIP();
        int port = port(target, pod.getSpec().getContainers());
        if (address == null || address.isEmpty() || isOver(pod) || port == 0) {
            return null;
        }
        Map<String, String> labels = pod.getMetadata().getLabels();
        String node = pod.getSpec().getNodeName();
        String zone = labels == null ? null : labels.get(NodeZones.ZONE);
        String name = pod.getMetadata().getName();
        Map<String, String> attributes = new HashMap<>();
        attributes.put(SliceView.POD, name);
        if (pod.getMetadata().getNamespace() != null) {
            attributes.put(SliceView.NAMESPACE, pod.getMetadata().getNamespace());
        }
        return Endpoint.builder(address, port)
                .id(name)
                .zone(zone != null || node == null ? zone : zoneOf.apply(node))
                .node(node)
                .ordinal(ordinal(pod))
                .readiness(readiness(pod))
                .attributes(attributes)
                .build();
    }

    /** Whether a pod has terminated. */
    static boolean isOver(@Nullable Pod pod) {
        if (pod == null || pod.getStatus() == null) {
            return false;
        }
        String phase = pod.getStatus().getPhase();
        return "Succeeded".equals(phase) || "Failed".equals(phase);
    }

    /** The port of the container that runs the image; without an image, of the first container that has the port. 0 for none. */
    private static int port(PodsTarget target, List<Container> containers) {
        for (Container container : containers) {
            if (target.image() != null && !target.image().equals(imageName(container.getImage()))) {
                continue;
            }
            if (target.portNumber() != 0) {
                return target.portNumber();
            }
            for (ContainerPort port : requireNonNullElse(container.getPorts(), List.<ContainerPort>of())) {
                boolean tcp = port.getProtocol() == null || port.getProtocol().equals("TCP");
                if (tcp && target.port().equals(port.getName()) && port.getContainerPort() != null) {
                    return port.getContainerPort();
                }
            }
        }
        return 0;
    }

    /** The last segment of an image's path, without tag and digest. */
    static String imageName(@Nullable String image) {
        if (image == null) {
            return "";
        }
        int digest = image.indexOf('@');
        String path = digest < 0 ? image : image.substring(0, digest);
        String last = path.substring(path.lastIndexOf('/') + 1);
        int tag = last.indexOf(':');
        return tag < 0 ? last : last.substring(0, tag);
    }

    /** A pod that is being deleted takes new calls only as the last resort while it is ready, and none after that. */
    private static Readiness readiness(Pod pod) {
        List<PodCondition> conditions = requireNonNullElse(pod.getStatus().getConditions(), List.of());
        boolean ready =
                conditions.stream().anyMatch(each -> "Ready".equals(each.getType()) && "True".equals(each.getStatus()));
        if (pod.getMetadata().getDeletionTimestamp() != null) {
            return ready ? Readiness.DRAINING : Readiness.NOT_READY;
        }
        return ready ? Readiness.READY : Readiness.NOT_READY;
    }

    /** The ordinal by the StatefulSet that owns the pod; a suffix of another owner is not an ordinal. */
    private static int ordinal(Pod pod) {
        List<OwnerReference> owners = requireNonNullElse(pod.getMetadata().getOwnerReferences(), List.of());
        return owners.stream()
                .filter(owner -> "StatefulSet".equals(owner.getKind()) && Boolean.TRUE.equals(owner.getController()))
                .findFirst()
                .map(owner -> PodOrdinal.of(pod.getMetadata().getName(), owner.getName()))
                .orElse(Endpoint.NO_ORDINAL);
    }
}
