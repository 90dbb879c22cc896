package dev.zerohop.benchmarks.armeria;

import com.linecorp.armeria.client.ClientRequestContext;
import com.linecorp.armeria.client.Endpoint;
import com.linecorp.armeria.client.endpoint.DynamicEndpointGroup;
import com.linecorp.armeria.client.endpoint.EndpointSelectionStrategy;
import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpRequest;
import dev.zerohop.benchmarks.common.Fleet;
import java.util.ArrayList;
import java.util.List;

/** An endpoint group whose endpoints are set. */
final class Group extends DynamicEndpointGroup {
    /** The request that all selections are for. */
    static final ClientRequestContext REQUEST = ClientRequestContext.of(HttpRequest.of(HttpMethod.GET, "/"));

    Group(String policy) {
        super(
                switch (policy) {
                    case "round_robin" -> EndpointSelectionStrategy.roundRobin();
                    case "weighted_round_robin" -> EndpointSelectionStrategy.weightedRoundRobin();
                    default -> throw new IllegalArgumentException(policy);
                });
    }

    static List<Endpoint> endpoints(int count) {
        List<Endpoint> endpoints = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            endpoints.add(Endpoint.of(Fleet.host(i), Fleet.PORT).withWeight(Fleet.weight(i)));
        }
        return endpoints;
    }

    void set(List<Endpoint> endpoints) {
        setEndpoints(endpoints);
    }
}
