package dev.zerohop.gateway;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.HealthSource;
import dev.zerohop.Resolver;
import dev.zerohop.SourceConfiguration;
import java.util.Locale;
import java.util.Set;

/**
 * Another resolver's endpoints without those that are gateways. If an endpoint has a weight above 0, those of weight 0 take no traffic, even if that endpoint
 * is a gateway and removed here. Otherwise only endpoints of weight 0 might be left, and these would take traffic in turn.
 */
final class WithoutGateways implements Resolver {
    private final Resolver all;
    private final Set<String> gateways;

    WithoutGateways(Resolver all, Set<String> gateways) {
        this.all = all;
        this.gateways = gateways;
    }

    /** Whether an endpoint is a gateway itself. */
    static boolean isGateway(Endpoint endpoint, Set<String> gateways) {
        return !gateways.isEmpty() && gateways.contains(endpoint.address().toLowerCase(Locale.ROOT));
    }

    @Override
    public void start(Listener listener) {
        all.start(now -> listener.onResolution(now.with(SourceConfiguration.NONE)
                .with(HealthSource.Verdicts.NONE)
                .mapEndpoints(this::others)));
    }

    private EndpointSet others(EndpointSet set) {
        boolean weighted = set.endpoints().stream().anyMatch(endpoint -> endpoint.weight() > 0);
        return set.toBuilder()
                .endpoints(set.endpoints().stream()
                        .filter(endpoint -> !isGateway(endpoint, gateways))
                        .filter(endpoint -> !weighted || endpoint.weight() > 0)
                        .toList())
                .build();
    }

    @Override
    public void refresh() {
        all.refresh();
    }

    @Override
    public void close() {
        all.close();
    }

    @Override
    public String toString() {
        return all + " without gateways";
    }
}
