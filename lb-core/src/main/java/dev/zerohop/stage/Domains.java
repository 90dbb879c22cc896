package dev.zerohop.stage;

import dev.zerohop.Endpoint;
import java.util.List;

/** Which zones or nodes an endpoint serves; an endpoint that serves several gives each an equal part of itself. */
enum Domains {
    /** The zone it is in. */
    ZONES {
        @Override
        List<String> of(Endpoint endpoint) {
            String zone = endpoint.zone();
            return zone == null ? NOWHERE : List.of(zone);
        }
    },
    /** The zones it is meant for. */
    HINTED_ZONES {
        @Override
        List<String> of(Endpoint endpoint) {
            return Hints.names(endpoint, ZonePreference.ZONE_HINTS);
        }
    },
    /** The nodes it is meant for. */
    HINTED_NODES {
        @Override
        List<String> of(Endpoint endpoint) {
            return Hints.names(endpoint, ZonePreference.NODE_HINTS);
        }
    };

    /** What an endpoint serves of which nothing is known; there are no clients there. */
    static final String UNKNOWN = "";

    private static final List<String> NOWHERE = List.of(UNKNOWN);

    /** Never empty for candidates that this is used for. */
    abstract List<String> of(Endpoint endpoint);
}
