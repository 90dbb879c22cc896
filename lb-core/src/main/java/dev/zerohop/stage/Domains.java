package dev.zerohop.stage;

import dev.zerohop.Endpoint;
import java.util.List;
import java.util.function.Function;

/** Which zones or nodes an endpoint serves; an endpoint that serves several gives each an equal part of itself. */
enum Domains {
    /** The zone it is in. */
    ZONES(endpoint -> List.of(endpoint.zone() == null ? Domains.UNKNOWN : endpoint.zone())),
    /** The zones it is meant for. */
    HINTED_ZONES(endpoint -> Hints.names(endpoint, ZonePreference.ZONE_HINTS)),
    /** The nodes it is meant for. */
    HINTED_NODES(endpoint -> Hints.names(endpoint, ZonePreference.NODE_HINTS));

    /** What an endpoint serves of which nothing is known; there are no clients there. */
    static final String UNKNOWN = "";

    private final Function<Endpoint, List<String>> served;

    Domains(Function<Endpoint, List<String>> served) {
        this.served = served;
    }

    /** Never empty for candidates that this is used for. */
    List<String> of(Endpoint endpoint) {
        return served.apply(endpoint);
    }
}
