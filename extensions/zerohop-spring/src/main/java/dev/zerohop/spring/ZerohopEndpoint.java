package dev.zerohop.spring;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerRegistry;
import dev.zerohop.EndpointSelector;
import dev.zerohop.PickContext;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;

/**
 * {@code /actuator/zerohop}: every balancer of the process, or those of one service, as {@code --output json} has them, and where the call with a key would go; beside them what is configured, which is all that is known of a service
 * until a client uses it. It changes nothing. Maps, lists and texts only: Boot 3.5 writes them with Jackson 2 and Boot 4 with Jackson 3.
 */
@Endpoint(id = "zerohop")
final class ZerohopEndpoint {
    private final ZerohopServices services;

    ZerohopEndpoint(ZerohopServices services) {
        this.services = services;
    }

    /** All balancers, and all services that are configured. */
    @ReadOperation
    Map<String, Object> balancers() {
        return Map.of(
                "services",
                services.names().stream().map(this::configured).toList(),
                "balancers",
                states(BalancerRegistry.running()));
    }

    /** One service, and its balancers; null, which becomes 404, for a name that is not configured and has none. */
    @ReadOperation
    @Nullable
    Map<String, Object> service(@Selector String service) {
        return answer(service, "balancers", states(named(service)));
    }

    /** Where a call would go, and why: {@code /SERVICE/explain?key=KEY}. */
    @ReadOperation
    @Nullable
    Map<String, Object> explain(
            @Selector String service, @Selector String what, @org.springframework.lang.Nullable @Nullable String key) {
        if (!what.equals("explain")) {
            return null;
        }
        PickContext context = key == null ? PickContext.NONE : PickContext.of(EndpointSelector.of(key));
        return answer(
                service,
                "explanations",
                named(service).stream()
                        .map(balancer -> Map.of(
                                "adapter",
                                balancer.adapter(),
                                "explanation",
                                balancer.explain(context).toString().lines().toList()))
                        .toList());
    }

    private @Nullable Map<String, Object> answer(String service, String field, List<?> ofBalancers) {
        if (!services.names().contains(service)) {
            return ofBalancers.isEmpty() ? null : Map.of(field, ofBalancers);
        }
        return Map.of("services", List.of(configured(service)), field, ofBalancers);
    }

    private Map<String, Object> configured(String service) {
        ServiceDefinition definition = requireNonNull(services.definition(service));
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("service", service);
        fields.put("target", definition.target().text());
        fields.put("adapter", definition.adapter().name());
        fields.put("configuration", definition.configuration() == null ? "" : definition.configuration());
        fields.put("critical", definition.critical());
        fields.put(
                "status", services.balancers(service).isEmpty() ? "not started: no client has used it yet" : "running");
        return fields;
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
