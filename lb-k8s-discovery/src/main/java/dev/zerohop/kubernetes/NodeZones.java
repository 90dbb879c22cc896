package dev.zerohop.kubernetes;

import dev.zerohop.Locality;
import dev.zerohop.Log;
import dev.zerohop.Printable;
import io.fabric8.kubernetes.api.model.Node;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * In which zones nodes are, and so where this process runs. A node's zone is asked for once and kept: it does not change while the node lives. Without
 * permission the zones are unknown, and are not asked for again.
 *
 * <p>One node is asked for at a time: a first look at a thousand nodes is no thousand lists and watches at once. For tasks of the resolver, which updates when
 * an answer has come, and then asks for the next zone that is missing.
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

    /** {@code configured} is where this process runs by its environment. */
    NodeZones(WatchingResolver resolver, Locality configured) {
        this.resolver = resolver;
        this.configured = configured;
    }

    /** Where this process runs, as far as it is known by now; begins to find out the rest. */
    Locality client() {
        String node = configured.node();
        return configured.zone() != null || node == null ? configured : new Locality(zone(node), node);
    }

    /** The zone of a node, or null while it is not known; begins to find out, unless another node is being asked for. */
    @Nullable
    String zone(String node) {
        takeAnswer();
        if (lookup == null && !denied && !zones.containsKey(node)) {
            lookedUp = node;
            lookup = resolver.subscribe(Selection.node(node));
        }
        return zones.get(node);
    }

    /** Takes the answer of the node that is asked for, if it has come, and asks no more. */
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

    /** A zone that can be none is unknown: it costs the node's pods their zone, and not their place among the endpoints. */
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
