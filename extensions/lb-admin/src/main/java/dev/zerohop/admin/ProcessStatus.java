package dev.zerohop.admin;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerRegistry;
import dev.zerohop.BalancerState;
import dev.zerohop.monitor.Problem;
import dev.zerohop.monitor.RecentTraffic;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All that is shown, read once for an answer.
 *
 * @param at when
 * @param about what the process says of itself
 * @param services by name, those that were asked for
 */
record ProcessStatus(Instant at, List<String> about, List<Service> services) {

    /**
     * One balancer.
     *
     * @param balancer the balancer itself, to be asked where keys go
     * @param state what it knows and does
     * @param recent the attempts of the last minute; null if the balancer was made before the page, and they were not counted
     * @param skew how far they are from the weights; NaN if there are too few
     * @param events the last, the newest first
     * @param refusals how many calls ended without an endpoint, by kind
     * @param retries how many failed attempts were repeated or not, by decision
     */
    record Service(
            Balancer balancer,
            BalancerState state,
            @Nullable RecentTraffic recent,
            double skew,
            List<Events.Event> events,
            Map<String, Long> refusals,
            Map<String, Long> retries) {

        List<Problem> problems() {
            return Problem.of(state);
        }

        /** What this endpoint was given; nothing at all where attempts were not counted. */
        RecentTraffic recentOrNone() {
            return recent == null ? new RecentTraffic(Map.of()) : recent;
        }
    }

    /** Those of this name, or all if it is empty. */
    static ProcessStatus read(Observations observations, Instant at, List<String> about, String name) {
        List<Service> services = new ArrayList<>();
        for (Balancer balancer : BalancerRegistry.running()) {
            if (name.isEmpty() || balancer.name().equals(name)) {
                services.add(read(balancer, observations.of(balancer)));
            }
        }
        return new ProcessStatus(at, List.copyOf(about), List.copyOf(services));
    }

    private static Service read(Balancer balancer, @Nullable Observation observation) {
        BalancerState state = balancer.state();
        if (observation == null) {
            return new Service(balancer, state, null, Double.NaN, List.of(), Map.of(), Map.of());
        }
        RecentTraffic recent = observation.attempts().read();
        return new Service(
                balancer,
                state,
                recent,
                recent.skew(balancer.current().snapshot()),
                observation.events().read(),
                observation.refusals(),
                observation.retries());
    }

    /** Of all services, the worst first. */
    List<Problem> problems() {
        List<Problem> all = new ArrayList<>();
        services.forEach(service -> all.addAll(service.problems()));
        all.sort((a, b) -> Boolean.compare(b.callsFail(), a.callsFail()));
        return all;
    }
}
