package dev.zerohop.kubernetes;

import dev.zerohop.Cancellable;
import dev.zerohop.Locality;
import dev.zerohop.Log;
import dev.zerohop.Printable;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.SourceFailure;
import io.fabric8.kubernetes.api.model.Node;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * In which zones nodes are, and so where this process runs. A node's zone is asked for once and kept: it does not change while the node lives. Without
 * permission the zones are unknown, and nobody asks again.
 *
 * <p>One node is asked for at a time: a first look at a thousand nodes is no thousand lists and watches at once. Thread-safe; {@code changed} is run when
 * something became known, and when the next node may be asked for: whoever still misses a zone then asks for it again.
 */
final class NodeZones {

    /** The label of nodes, and of pods since Kubernetes 1.35, that names their zone. */
    static final String ZONE = "topology.kubernetes.io/zone";

    private static final Log LOG = Log.of(NodeZones.class);

    private final ServiceResolver.Source source;
    private final Locality configured;
    private final Runnable changed;

    // Guarded by this.
    private final Map<String, ZoneLookup> zones = new HashMap<>();
    private @Nullable ZoneLookup asking;
    private boolean denied;
    private boolean closed;

    /** {@code configured} is what the environment says of this process. */
    NodeZones(ServiceResolver.Source source, Locality configured, Runnable changed) {
        this.source = source;
        this.configured = configured;
        this.changed = changed;
    }

    /** Where this process runs, as far as it is known by now; begins to find out the rest. */
    Locality client() {
        String node = configured.node();
        return configured.zone() != null || node == null ? configured : new Locality(zone(node), node);
    }

    /** The zone of a node, or null while it is not known; begins to find out, unless another node is being asked for. */
    @Nullable
    String zone(String node) {
        ZoneLookup place;
        synchronized (this) {
            ZoneLookup known = zones.get(node);
            if (known != null || asking != null || denied || closed) {
                return known == null ? null : known.zone();
            }
            place = new ZoneLookup();
            asking = place;
            zones.put(node, place);
        }
        place.ask(node);
        return place.zone();
    }

    /** A zone that can be none is unknown: it costs its node's pods their zone, and not their place among the endpoints. */
    private static @Nullable String usable(@Nullable String zone) {
        String problem = zone == null ? null : Printable.problem(zone, Printable.MAX_NAME);
        if (problem != null) {
            LOG.warn("the label {} of a node {}; the zone of that node is unknown", ZONE, problem);
        }
        return problem == null ? zone : null;
    }

    /** Stops finding out. */
    void close() {
        Map<String, ZoneLookup> open;
        synchronized (this) {
            closed = true;
            open = Map.copyOf(zones);
        }
        open.values().forEach(ZoneLookup::end);
    }

    private final class ZoneLookup implements Reflector.Subscriber<Node, String> {
        private static final Cancellable ENDED = () -> {};

        private final AtomicReference<@Nullable Cancellable> following = new AtomicReference<>();
        private volatile @Nullable String zone;

        @Nullable
        String zone() {
            return zone;
        }

        void ask(String node) {
            Cancellable begun = source.follow(Selection.node(node), this);
            if (!following.compareAndSet(null, begun)) {
                begun.cancel();
            }
        }

        void end() {
            Cancellable begun = following.getAndSet(ENDED);
            if (begun != null) {
                begun.cancel();
            }
        }

        @Override
        public void onState(Reflector.State<Node, String> state, boolean stale) {
            for (Node node : state.values().values()) {
                Map<String, String> labels = node.getMetadata().getLabels();
                zone = labels == null ? null : usable(labels.get(ZONE));
            }
            end();
            synchronized (NodeZones.this) {
                if (asking != this) {
                    return;
                }
                asking = null;
            }
            changed.run();
        }

        @Override
        public void onConfirmed(Instant asOf) {
            // The first state says it all.
        }

        @Override
        public void onFailure(SourceFailure cause) {
            if (cause.kind() == SourceFailure.Kind.DENIED || cause.kind() == SourceFailure.Kind.MISSING) {
                synchronized (NodeZones.this) {
                    denied = true;
                }
                end();
            }
        }
    }
}
