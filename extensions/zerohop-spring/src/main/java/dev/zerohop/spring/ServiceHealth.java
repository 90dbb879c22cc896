package dev.zerohop.spring;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerState;
import dev.zerohop.Health;
import dev.zerohop.Snapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the services mean for the health of the application: it is up without them, since neither a restart nor taking it out of traffic would mend a service, unless one is critical. Thread-safe.
 */
public final class ServiceHealth {
    private final ZerohopServices services;

    /** Of these services. */
    public ServiceHealth(ZerohopServices services) {
        this.services = services;
    }

    /**
     * The health at one moment.
     *
     * @param down whether a critical service has no usable endpoint
     * @param details a sentence for each service
     */
    public record Report(boolean down, Map<String, Object> details) {}

    /** Asks the balancers. */
    public Report report() {
        boolean down = false;
        Map<String, Object> details = new LinkedHashMap<>();
        for (String name : services.names()) {
            List<Balancer> balancers = services.balancers(name);
            List<String> words = new ArrayList<>();
            for (Balancer balancer : balancers) {
                BalancerState state = balancer.state();
                boolean usable = state.members().stream().anyMatch(ServiceHealth::usable);
                down |= !usable && services.critical(name);
                words.add(describe(balancer, state));
            }
            details.put(name, words.isEmpty() ? "no client has used it yet" : String.join("; ", words));
        }
        return new Report(down, details);
    }

    /** A half-open endpoint takes a call to show that it is well; were the application out of traffic for that, none would come. */
    private static boolean usable(BalancerState.Member member) {
        Health.Status status = member.health().status();
        return status.usable() || status == Health.Status.DRAINING;
    }

    private static String describe(Balancer balancer, BalancerState state) {
        List<BalancerState.Member> members = state.members();
        long usable = members.stream().filter(ServiceHealth::usable).count();
        StringBuilder words = new StringBuilder();
        if (!balancer.adapter().isEmpty()) {
            words.append(balancer.adapter()).append(": ");
        }
        words.append(usable).append(" of ").append(members.size()).append(" endpoints are usable");
        List<String> degraded = degraded(state);
        return degraded.isEmpty()
                ? words.toString()
                : words.append(", degraded: ")
                        .append(String.join(", ", degraded))
                        .toString();
    }

    private static List<String> degraded(BalancerState state) {
        List<String> degraded = new ArrayList<>();
        BalancerState.Source source = state.source();
        if (source.error() != null) {
            Duration age = source.age(state.at());
            degraded.add("the source cannot be read (" + source.error() + ")"
                    + (age == null ? "" : ", its last answer is " + age.toSeconds() + " s old"));
        }
        if (state.configuration().unconfigured() != null) {
            degraded.add("no call goes anywhere: " + state.configuration().unconfigured());
        } else if (state.configuration().rejected() != null) {
            degraded.add("a configuration is rejected: " + state.configuration().rejected());
        }
        for (Snapshot.Step step : state.routing().stages()) {
            if (step.panic()) {
                degraded.add("panic: " + step.note());
            }
        }
        return degraded;
    }
}
