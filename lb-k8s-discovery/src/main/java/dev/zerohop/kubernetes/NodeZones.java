package dev.zerohop.kubernetes;

import dev.zerohop.Locality;
import dev.zerohop.Log;
import dev.zerohop.Printable;
import io.fabric8.kubernetes.api.model.Node;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The zones of nodes, and so of this process. A node's zone is read once and kept, since it does not change while the node exists. Without permission the
 * zones are unknown, and are not read again.
 *
 * <p>One node is read at a time, so that a thousand new nodes do not cause a thousand lists and watches at once. For tasks of the resolver, which updates
 * after each answer and then requests the next missing zone.
 */
final class NodeZones {

    /** The label of nodes, and of pods since Kubernetes 1.35, that names their zone. */
    static final String ZONE = "topology.kubernetes.io/zone";

    private static final Log LOG = Log.of(NodeZones.class);

    private final WatchingResolver resolver;
    private final Locality configured;

    /** By node; null where a node has none. */
    private final Map<String, @Nullable String> zones = new HashMap<>();

    private WatchingResolver.@Nullable Subscription<Node> lookup;
    private String lookedUp = "";
    private boolean denied;

    /** {@code configured} is the locality of this process from its environment. */
    NodeZones(WatchingResolver resolver, Locality configured) {
        this.resolver = resolver;
        this.configured = configured;
    }

    /** The locality of this process, as far as it is known; begins to read the rest. */
    Locality client() {
        String node = configured.node();
        return configured.zone() != null || node == null ? configured : new Locality(zone(node), node);
    }

    /** The zone of a node, or null while it is unknown; begins to read it, unless another node is being read. */
    @Nullable
    String zone(String node) {
        takeAnswer();
        if (lookup == null && !denied && !zones.containsKey(node)) {
            lookedUp = node;
            lookup = resolver.subscribe(Selection.node(node));
        }
        return zones.get(node);
    }

    /** Stores the answer for the node that is being read, if there is one, and ends the look-up. */
    void takeAnswer() {
        if (lookup == null || (lookup.state() == null && !lookup.isUnavailable())) {
            return;
        }
        denied = lookup.state() == null;
        if (!denied) {
            zones.put(lookedUp, null);
            lookup.objects().forEach(node -> zones.put(lookedUp, zoneOf(node)));
        }
        lookup.cancel();
        lookup = null;
    }

    /** An invalid zone counts as unknown: the node's pods then have no zone, but stay endpoints. */
    private static @Nullable String zoneOf(Node node) {
        Map<String, String> labels = node.getMetadata().getLabels();
        String zone = labels == null ? null : labels.get(ZONE);
        String problem = zone == null ? null : Printable.problem(zone, Printable.MAX_NAME);
        if (problem != null) {
            LOG.warn("the label {} of a node {}; the zone of that node is unknown", ZONE, problem);
        }
        return problem == null ? zone : null;
    }
}
