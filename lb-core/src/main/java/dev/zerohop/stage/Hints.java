package dev.zerohop.stage;

import dev.zerohop.Candidate;
import dev.zerohop.Endpoint;
import dev.zerohop.Locality;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The hints of the candidates together. Immutable. */
final class Hints {
    static final Hints NONE = of(List.of());

    private final int candidates;
    private final int withZones;
    private final int withNodes;
    private final Set<String> zones;
    private final Set<String> nodes;

    private Hints(int candidates, int withZones, int withNodes, Set<String> zones, Set<String> nodes) {
        this.candidates = candidates;
        this.withZones = withZones;
        this.withNodes = withNodes;
        this.zones = zones;
        this.nodes = nodes;
    }

    static Hints of(List<Candidate> candidates) {
        Set<String> zones = new HashSet<>();
        Set<String> nodes = new HashSet<>();
        int withZones = 0;
        int withNodes = 0;
        for (Candidate candidate : candidates) {
            Endpoint endpoint = candidate.node().endpoint();
            if (endpoint.attributes().isEmpty()) {
                continue;
            }
            List<String> itsZones = names(endpoint, ZonePreference.ZONE_HINTS);
            List<String> itsNodes = names(endpoint, ZonePreference.NODE_HINTS);
            withZones += itsZones.isEmpty() ? 0 : 1;
            withNodes += itsNodes.isEmpty() ? 0 : 1;
            zones.addAll(itsZones);
            nodes.addAll(itsNodes);
        }
        return new Hints(candidates.size(), withZones, withNodes, zones, nodes);
    }

    /** The names in a list separated by commas; empty if there is none. */
    static List<String> names(Endpoint endpoint, String attribute) {
        String text = endpoint.attributes().get(attribute);
        if (text == null || text.isBlank()) {
            return List.of();
        }
        if (text.indexOf(',') < 0) {
            return List.of(text.strip());
        }
        List<String> names = new ArrayList<>();
        for (String name : text.split(",")) {
            if (!name.isBlank() && !names.contains(name.strip())) {
                names.add(name.strip());
            }
        }
        return names;
    }

    /** Whether no member has any. */
    boolean absent() {
        return withZones == 0 && withNodes == 0;
    }

    /** Whether every member is hinted to zones, and one at least to this one. */
    boolean forZone(@Nullable String zone) {
        return withZones == candidates && zone != null && zones.contains(zone);
    }

    /** Whether every member is hinted to nodes, and one at least to this one. */
    boolean forNode(@Nullable String node) {
        return withNodes == candidates && node != null && nodes.contains(node);
    }

    /** Why the hints are followed neither for the client's node nor for its zone. */
    String why(Locality me) {
        if (withZones == 0) {
            return withNodes < candidates
                    ? "only " + withNodes + " of " + candidates + " candidates have hints for nodes"
                    : "no candidate is meant for node " + (me.node() == null ? "(unknown)" : me.node());
        }
        if (withZones < candidates) {
            return "only " + withZones + " of " + candidates + " candidates have hints for zones";
        }
        return "no candidate is meant for zone " + (me.zone() == null ? "(unknown)" : me.zone());
    }
}
