package dev.zerohop.spring;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The properties {@code zerohop.*}. One that is not known fails the start. An immutable value.
 *
 * @param services the services, by name; a name is what stands as the host in URLs
 * @param http HTTP clients
 * @param metrics meters
 * @param tracing traces
 * @param page the status page
 */
@ConfigurationProperties(prefix = "zerohop", ignoreUnknownFields = false)
public record ZerohopProperties(
        @Nullable Map<String, Service> services,
        @DefaultValue Http http,
        @DefaultValue Metrics metrics,
        @DefaultValue Tracing tracing,
        @DefaultValue Page page) {

    /** Copies the map. */
    public ZerohopProperties {
        services = services == null ? Map.of() : Map.copyOf(services);
    }

    /** The services, by name. */
    @Override
    public Map<String, Service> services() {
        return services == null ? Map.of() : services;
    }

    /** Which clients may take a service. */
    public enum Adapter {
        /** All. */
        ANY,
        /** HTTP clients over OkHttp. */
        OKHTTP,
        /** Channels of gRPC. */
        GRPC,
        /** Clients that are {@code @LoadBalanced} by Spring Cloud. */
        CLOUD
    }

    /**
     * One service.
     *
     * @param target where its endpoints are found, such as k8s:///shop/orders:http
     * @param policy the name of the policy that picks; for options, and for the rest of a configuration, there is config
     * @param config how calls are balanced, as JSON or as the location of it, such as classpath:orders.json. What the source of the endpoints configures goes before it
     * @param adapter which clients may take it
     * @param health what its state means for the health of this application
     */
    public record Service(
            @Nullable String target,
            @Nullable String policy,
            @Nullable String config,
            @DefaultValue("any") Adapter adapter,
            @DefaultValue Health health) {}

    /**
     * What the state of a service means for the health of this application.
     *
     * @param critical whether the health of this application is DOWN while the service has no usable endpoint
     */
    public record Health(@DefaultValue("false") boolean critical) {}

    /**
     * HTTP clients.
     *
     * @param auto whether clients that Spring Boot builds send what goes to the name of a service over zerohop as well; what goes elsewhere stays as it is
     */
    public record Http(@DefaultValue("false") boolean auto) {}

    /**
     * Meters of balancers, where Micrometer and lb-micrometer or OpenTelemetry and lb-opentelemetry are on the class path.
     *
     * @param enabled whether there are any
     * @param perEndpoint whether endpoints have meters of their own, four series each
     * @param maxEndpoints how many endpoints of a service have meters of their own at most; the rest is counted together
     */
    public record Metrics(
            @DefaultValue("true") boolean enabled,
            @DefaultValue("false") boolean perEndpoint,
            @DefaultValue("100") int maxEndpoints) {}

    /**
     * What the observations of the application's own clients are told, where Micrometer and lb-micrometer are on the class path; and their spans, where OpenTelemetry and lb-opentelemetry are instead.
     *
     * @param enabled whether they are told the endpoint, the attempts, and why a call was repeated
     */
    public record Tracing(@DefaultValue("true") boolean enabled) {}

    /**
     * The status page under the actuator, where lb-admin is on the class path and the endpoint zerohoppage is exposed.
     *
     * @param enabled whether there is one
     */
    public record Page(@DefaultValue("true") boolean enabled) {}
}
