package dev.zerohop.kubernetes;

import dev.zerohop.EndpointSet;
import dev.zerohop.Resolver;
import io.fabric8.kubernetes.api.model.Service;

/**
 * A service of type ExternalName: an alias of a DNS name, which the module lb-dns resolves.
 *
 * @param text the result of {@link #target}
 */
record ExternalName(String text, Resolver resolver) {

    static boolean is(Service service) {
        return service.getSpec() != null
                && "ExternalName".equals(service.getSpec().getType());
    }

    /** The DNS target of the service. A port that the service does not declare is passed on unchanged. */
    static String target(ServiceTarget target, Service service) {
        String port = target.port();
        if (target.portNumber() == 0 && service.getSpec().getPorts() != null) {
            port = service.getSpec().getPorts().stream()
                    .filter(declared -> target.port().equals(declared.getName()))
                    .findFirst()
                    .map(declared -> String.valueOf(declared.getPort()))
                    .orElse(port);
        }
        String family = switch (target.family()) {
            case ANY -> "";
            case IPV4 -> "?family=ipv4";
            case IPV6 -> "?family=ipv6";
        };
        return "refreshing-dns:///" + service.getSpec().getExternalName() + ":" + port + family;
    }

    /** The endpoints from DNS, as a set of the service's own target. */
    static EndpointSet named(String source, EndpointSet all) {
        return EndpointSet.builder(source)
                .endpoints(all.endpoints())
                .version(all.version())
                .asOf(all.asOf())
                .stale(all.stale())
                .removals(all.removals())
                .note(all.note())
                .build();
    }
}
