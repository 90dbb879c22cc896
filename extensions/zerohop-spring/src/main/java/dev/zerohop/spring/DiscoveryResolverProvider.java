package dev.zerohop.spring;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Resolver;
import dev.zerohop.ResolverProvider;
import dev.zerohop.Target;
import dev.zerohop.resolver.PollingResolver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.DiscoveryClient;

/**
 * {@code discovery:///NAME}: what the application's {@code DiscoveryClient} knows (Consul, Eureka and others), asked every 30 s. Metadata {@code weight} and {@code zone} are weight and zone. An answer that lost endpoints is held back like
 * that of any source that may be wrong.
 */
final class DiscoveryResolverProvider implements ResolverProvider {
    private static final Duration INTERVAL = Duration.ofSeconds(30);

    private final Supplier<DiscoveryClient> client;

    DiscoveryResolverProvider(Supplier<DiscoveryClient> client) {
        this.client = client;
    }

    @Override
    public String scheme() {
        return "discovery";
    }

    @Override
    public Resolver newResolver(Target target, Env env) {
        target.rejectAuthority("discovery:///NAME");
        target.rejectQuery();
        if (target.path().isEmpty() || target.path().indexOf('/') >= 0) {
            throw target.error(
                    target.pathPosition(),
                    "found '" + target.path() + "', expected the name of a service: discovery:///NAME");
        }
        String name = target.path();
        return new PollingResolver(
                target.text(),
                env,
                INTERVAL,
                EndpointSet.Removals.GUARDED,
                () -> new PollingResolver.Answer(endpoints(client.get().getInstances(name))));
    }

    private static List<Endpoint> endpoints(List<ServiceInstance> instances) {
        List<Endpoint> endpoints = new ArrayList<>();
        for (ServiceInstance instance : instances) {
            Map<String, String> metadata = instance.getMetadata() == null ? Map.of() : instance.getMetadata();
            Map<String, String> attributes = new HashMap<>(metadata);
            attributes.remove("weight");
            attributes.remove("zone");
            attributes.put("secure", String.valueOf(instance.isSecure()));
            Endpoint.Builder endpoint = Endpoint.builder(instance.getHost(), instance.getPort())
                    .zone(metadata.get("zone"))
                    .attributes(attributes);
            if (instance.getInstanceId() != null) {
                endpoint.id(instance.getInstanceId());
            }
            String weight = metadata.get("weight");
            if (weight != null) {
                endpoint.weight(Integer.parseInt(weight));
            }
            endpoints.add(endpoint.build());
        }
        return endpoints;
    }
}
