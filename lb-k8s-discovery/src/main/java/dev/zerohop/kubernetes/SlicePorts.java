package dev.zerohop.kubernetes;

import static java.util.Objects.requireNonNullElse;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Finds the port of a target among those of a slice and of its service. */
final class SlicePorts {
    private SlicePorts() {}

    /** The port to connect to, which may be another one in each slice; 0 if the slice does not have it. */
    static int port(ServiceTarget target, EndpointSlice slice, @Nullable Service service) {
        int number = target.portNumber();
        List<EndpointPort> ports = requireNonNullElse(slice.getPorts(), List.of());
        if (number != 0 && ports.isEmpty()) {
            // A headless service may declare no ports at all.
            return number;
        }
        ServicePort declared = number == 0 ? null : declaredPort(service, number);
        for (EndpointPort port : ports) {
            if (!isTcp(port.getProtocol())) {
                continue;
            }
            Integer open = port.getPort();
            String name = requireNonNullElse(port.getName(), "");
            boolean meant = number == 0
                    ? name.equals(target.port())
                    : declared != null
                            ? name.equals(requireNonNullElse(declared.getName(), ""))
                            : open != null && open == number;
            if (meant) {
                return requireNonNullElse(open, number);
            }
        }
        return 0;
    }

    private static @Nullable ServicePort declaredPort(@Nullable Service service, int number) {
        return ports(service).stream()
                .filter(port -> isTcp(port.getProtocol()) && port.getPort() != null && port.getPort() == number)
                .findFirst()
                .orElse(null);
    }

    /** Whether the service may have the port; true if the service is unknown. */
    static boolean declared(ServiceTarget target, @Nullable Service service) {
        int number = target.portNumber();
        return ports(service).isEmpty()
                || ports(service).stream()
                        .anyMatch(port -> number == 0
                                ? target.port().equals(port.getName())
                                : declaredPort(service, number) != null || mayBeTarget(port, number));
    }

    /** Whether pods may have the port open under this number. */
    private static boolean mayBeTarget(ServicePort port, int number) {
        Integer open =
                port.getTargetPort() == null ? null : port.getTargetPort().getIntVal();
        return port.getTargetPort() != null && (open == null || open == number);
    }

    private static List<ServicePort> ports(@Nullable Service service) {
        return service == null || service.getSpec() == null
                ? List.of()
                : requireNonNullElse(service.getSpec().getPorts(), List.of());
    }

    private static boolean isTcp(@Nullable String protocol) {
        return protocol == null || protocol.equals("TCP");
    }

    /** The message that no endpoint has the port, with the ports that exist. */
    static String noPort(ServiceTarget target, List<EndpointSlice> slices, @Nullable Service service) {
        Set<String> there = new TreeSet<>();
        for (EndpointSlice slice : slices) {
            for (EndpointPort port : requireNonNullElse(slice.getPorts(), List.<EndpointPort>of())) {
                there.add(words(port.getName(), port.getPort(), port.getProtocol()));
            }
        }
        String declared = ports(service).stream()
                .map(port -> words(port.getName(), port.getPort(), port.getProtocol()))
                .collect(Collectors.joining(", "));
        return "there is no TCP port " + (target.portNumber() == 0 ? "'" + target.port() + "'" : target.port())
                + ", expected one of its pods' ports " + there
                + (declared.isEmpty() ? "" : " or of its own ports [" + declared + "]");
    }

    private static String words(@Nullable String name, @Nullable Integer port, @Nullable String protocol) {
        return requireNonNullElse(name, "(no name)") + " " + port + (isTcp(protocol) ? "" : "/" + protocol);
    }
}
