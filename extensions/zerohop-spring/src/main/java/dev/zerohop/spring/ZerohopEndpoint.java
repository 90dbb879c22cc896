package dev.zerohop.spring;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerRegistry;
import dev.zerohop.EndpointSelector;
import dev.zerohop.PickContext;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;

/**
 * {@code /actuator/zerohop}: every balancer of the process, or those of one service, as {@code --output json} has them, and where the call with a key would go. It changes nothing. Maps, lists and texts only: Boot 3.5 writes them with
 * Jackson 2 and Boot 4 with Jackson 3.
 */
@Endpoint(id = "zerohop")
final class ZerohopEndpoint {

    /** All balancers. */
    @ReadOperation
    Map<String, Object> balancers() {
        return Map.of("balancers", states(BalancerRegistry.running()));
    }

    /** Those of one service; null, which becomes 404, if none runs. */
    @ReadOperation
    @Nullable
    Map<String, Object> service(@Selector String service) {
        List<Balancer> found = named(service);
        return found.isEmpty() ? null : Map.of("balancers", states(found));
    }

    /** Where a call would go, and why: {@code /SERVICE/explain?key=KEY}. */
    @ReadOperation
    @Nullable
    Map<String, Object> explain(
            @Selector String service, @Selector String what, @org.springframework.lang.Nullable @Nullable String key) {
        List<Balancer> found = named(service);
        if (found.isEmpty() || !what.equals("explain")) {
            return null;
        }
        PickContext context = key == null ? PickContext.NONE : PickContext.of(EndpointSelector.of(key));
        return Map.of(
                "explanations",
                found.stream()
                        .map(balancer -> Map.of(
                                "adapter",
                                balancer.adapter(),
                                "explanation",
                                balancer.explain(context).toString().lines().toList()))
                        .toList());
    }

    private static List<Balancer> named(String service) {
        return BalancerRegistry.running().stream()
                .filter(balancer -> balancer.name().equals(service))
                .toList();
    }

    private static List<Map<String, @Nullable Object>> states(List<Balancer> balancers) {
        return balancers.stream().map(balancer -> balancer.state().toMap()).toList();
    }
}
