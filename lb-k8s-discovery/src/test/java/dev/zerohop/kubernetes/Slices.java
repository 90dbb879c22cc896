package dev.zerohop.kubernetes;

import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPortBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import java.util.List;

/** Slices as the controller makes them. */
final class Slices {
    private Slices() {}

    /** A slice of service {@code orders} in namespace {@code shop} with port {@code grpc}, 8080. */
    static EndpointSlice slice(String name, Endpoint... endpoints) {
        return slice("orders", name, "IPv4", endpoints);
    }

    static EndpointSlice slice(String service, String name, String family, Endpoint... endpoints) {
        return new EndpointSliceBuilder()
                .withNewMetadata()
                .withNamespace("shop")
                .withName(name)
                .addToLabels(Selection.SERVICE_NAME, service)
                .endMetadata()
                .withAddressType(family)
                .withEndpoints(List.of(endpoints))
                .withPorts(new EndpointPortBuilder()
                        .withName("grpc")
                        .withProtocol("TCP")
                        .withPort(8080)
                        .build())
                .build();
    }

    /** A ready pod. */
    static Endpoint pod(String name, String address) {
        return pod(name, address, true, true, false);
    }

    static Endpoint leaving(String name, String address) {
        return pod(name, address, false, true, true);
    }

    static Endpoint pod(String name, String address, Boolean ready, Boolean serving, Boolean terminating) {
        return new EndpointBuilder()
                .withAddresses(address)
                .withNewConditions()
                .withReady(ready)
                .withServing(serving)
                .withTerminating(terminating)
                .endConditions()
                .withTargetRef(new ObjectReferenceBuilder()
                        .withKind("Pod")
                        .withNamespace("shop")
                        .withName(name)
                        .build())
                .build();
    }
}
