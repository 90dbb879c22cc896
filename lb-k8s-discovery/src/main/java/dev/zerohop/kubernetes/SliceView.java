package dev.zerohop.kubernetes;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import dev.zerohop.Endpoint.Readiness;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointConditions;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointHints;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.ForNode;
import io.fabric8.kubernetes.api.model.discovery.v1.ForZone;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints of all slices of a service together. A pure function: no state, no clock.
 *
 * <p>An endpoint's id is its hostname, else the name of its pod, else {@code host:port}. If two pods share a hostname and both stay, the hostname is not
 * used; their ids are their pod names. Two pods of one name in different namespaces have the ids {@code name.namespace}. Of two that take calls at one
 * address only one counts: the other would send a second share of the calls, or the calls for its own keys, to the wrong pod.
 */
final class SliceView {
    /** Attribute: the name of the pod. */
    static final String POD = "k8s.pod";

    /** Attribute: the namespace of the pod. */
    static final String NAMESPACE = "k8s.namespace";

    /** Attribute: zones whose clients should use the endpoint, separated by commas. */
    static final String HINTED_ZONES = "k8s.hints.zones";

    /** Attribute: nodes whose clients should use the endpoint, separated by commas. */
    static final String HINTED_NODES = "k8s.hints.nodes";

    private SliceView() {}

    /**
     * The endpoints of the slices.
     *
     * @param endpoints sorted by id
     * @param problem why no endpoint is known, for display; null if the list, empty or not, is valid
     * @param rejections endpoints that had to be left out, each with the reason
     */
    record Content(
            List<dev.zerohop.Endpoint> endpoints, @Nullable String problem, List<String> rejections) {}

    /** One endpoint of one slice. */
    private record Found(Endpoint endpoint, String sliceName, String sliceVersion, int port, Readiness readiness) {

        String host() {
            return endpoint.getAddresses().get(0);
        }

        @Nullable
        String pod() {
            ObjectReference target = endpoint.getTargetRef();
            return target == null || !"Pod".equals(target.getKind()) ? null : target.getName();
        }

        String namespace(String otherwise) {
            ObjectReference target = endpoint.getTargetRef();
            return target == null ? otherwise : requireNonNullElse(target.getNamespace(), otherwise);
        }

        String address() {
            return host().indexOf(':') >= 0 ? "[" + host() + "]:" + port : host() + ":" + port;
        }
    }

    /** Versions are numbers; a longer one is the larger. */
    static final Comparator<String> BY_VERSION =
            Comparator.comparingInt(String::length).thenComparing(Comparator.naturalOrder());

    /** Of two endpoints of one name prefers the one that takes traffic, else the one of the slice that changed last. */
    private static final Comparator<Found> PREFERRED = Comparator.<Found>comparingInt(found -> rank(found.readiness()))
            .thenComparing(Found::sliceVersion, BY_VERSION)
            .thenComparing(Found::sliceName);

    /**
     * Reads the slices.
     *
     * @param target with its namespace
     * @param service null if it is not known; then a port number is one of the pods' ports
     */
    static Content read(ServiceTarget target, Collection<EndpointSlice> slices, @Nullable Service service) {
        List<String> types = types(target.family());
        List<EndpointSlice> wanted = slices.stream()
                .filter(slice -> types.stream().anyMatch(type -> type.equals(slice.getAddressType())))
                .toList();
        if (wanted.isEmpty() && !slices.isEmpty()) {
            Set<String> given =
                    slices.stream().map(EndpointSlice::getAddressType).collect(Collectors.toCollection(TreeSet::new));
            return unusable("the service has addresses of type " + String.join(" and ", given) + ", expected "
                    + String.join(" or ", types));
        }
        // Of address types that are equally useful, the first.
        List<Found> found = types.stream()
                .map(type -> found(target, type, wanted, service))
                .max(Comparator.comparingInt(SliceView::use))
                .orElse(List.of());
        boolean listed = wanted.stream().anyMatch(slice -> !endpoints(slice).isEmpty());
        return found.isEmpty() && (listed || !SlicePorts.declared(target, service))
                ? unusable(SlicePorts.noPort(target, wanted, service))
                : named(target, found);
    }

    private static Content unusable(String problem) {
        return new Content(List.of(), problem, List.of());
    }

    // ---- types of addresses, and ports ----

    /** Ranks address types: with endpoints that take calls, with other endpoints, without endpoints. */
    private static int use(List<Found> found) {
        return found.stream().anyMatch(one -> takesCalls(one.readiness())) ? 2 : found.isEmpty() ? 0 : 1;
    }

    /** The requested types of addresses, in order of preference. */
    private static List<String> types(ServiceTarget.Family wanted) {
        return switch (wanted) {
            case IPV4 -> List.of("IPv4");
            case IPV6 -> List.of("IPv6");
            case ANY -> List.of("IPv4", "IPv6", "FQDN");
        };
    }

    /** The endpoints with addresses of this type that have the port. */
    private static List<Found> found(
            ServiceTarget target, String type, List<EndpointSlice> slices, @Nullable Service service) {
        List<Found> found = new ArrayList<>();
        for (EndpointSlice slice : slices) {
            int port = type.equals(slice.getAddressType()) ? SlicePorts.port(target, slice, service) : 0;
            for (Endpoint endpoint : port == 0 ? List.<Endpoint>of() : endpoints(slice)) {
                if (endpoint.getAddresses() != null && !endpoint.getAddresses().isEmpty()) {
                    found.add(new Found(
                            endpoint,
                            slice.getMetadata().getName(),
                            requireNonNullElse(slice.getMetadata().getResourceVersion(), ""),
                            port,
                            readiness(endpoint.getConditions())));
                }
            }
        }
        return found;
    }

    private static List<Endpoint> endpoints(EndpointSlice slice) {
        return requireNonNullElse(slice.getEndpoints(), List.of());
    }

    // ---- conditions ----

    /** The readiness by the conditions; a missing condition has the default that the API defines. */
    static Readiness readiness(@Nullable EndpointConditions conditions) {
        if (conditions == null) {
            return Readiness.READY;
        }
        boolean ready = requireNonNullElse(conditions.getReady(), true);
        if (!terminating(conditions)) {
            // If a service publishes pods that are not ready, the slice lists them as ready.
            return ready ? Readiness.READY : Readiness.NOT_READY;
        }
        // An endpoint that terminates and no longer serves takes no calls, not even as the last resort. This holds
        // even if the slice lists it as ready, as it does for services that publish pods that are not ready.
        return requireNonNullElse(conditions.getServing(), ready) ? Readiness.DRAINING : Readiness.NOT_READY;
    }

    private static boolean terminating(@Nullable EndpointConditions conditions) {
        return conditions != null && requireNonNullElse(conditions.getTerminating(), false);
    }

    private static int rank(Readiness readiness) {
        return switch (readiness) {
            case READY -> 2;
            case DRAINING -> 1;
            case NOT_READY -> 0;
        };
    }

    // ---- names ----

    private static Content named(ServiceTarget target, List<Found> found) {
        String home = requireNonNullElse(target.namespace(), "");
        Set<String> shared = sharedHostnames(found);
        Map<String, Found> byId = new TreeMap<>();
        for (Found one : found) {
            byId.merge(id(one, shared, home), one, (a, b) -> PREFERRED.compare(a, b) >= 0 ? a : b);
        }
        List<dev.zerohop.Endpoint> endpoints = new ArrayList<>(byId.size());
        List<String> rejections = new ArrayList<>();
        dropShared(byId, rejections);
        byId.forEach((id, one) -> {
            try {
                endpoints.add(endpoint(id, one, home));
            } catch (IllegalArgumentException rejected) {
                rejections.add("slice " + one.sliceName() + ": " + rejected.getMessage());
            }
        });
        return new Content(endpoints, null, rejections);
    }

    /** Keeps one of the endpoints that take calls at the same address. */
    private static void dropShared(Map<String, Found> byId, List<String> rejections) {
        Map<String, String> byAddress = new HashMap<>();
        Map<String, String> dropped = new TreeMap<>();
        byId.forEach((id, one) -> {
            if (!takesCalls(one.readiness())) {
                return;
            }
            String other = byAddress.putIfAbsent(one.address(), id);
            if (other == null) {
                return;
            }
            Found before = requireNonNull(byId.get(other), "other");
            boolean later = PREFERRED.compare(one, before) > 0;
            byAddress.put(one.address(), later ? id : other);
            dropped.put(later ? other : id, later ? id : other);
        });
        dropped.forEach((id, other) -> {
            Found one = requireNonNull(byId.remove(id), "one");
            // It is no error if a new pod has taken over the address while the old one is still listed as
            // terminating.
            if (one.readiness() == Readiness.READY) {
                rejections.add("slice " + one.sliceName() + ": endpoints " + id + " and " + other
                        + " have the same address " + one.address()
                        + ", expected an address of its own for each; " + other + " is used for both");
            }
        });
    }

    private static boolean takesCalls(Readiness readiness) {
        return readiness != Readiness.NOT_READY;
    }

    private static Set<String> sharedHostnames(List<Found> found) {
        Map<String, String> pods = new HashMap<>();
        Set<String> shared = new HashSet<>();
        for (Found one : found) {
            String hostname = one.endpoint().getHostname();
            String pod = one.pod();
            if (hostname == null || pod == null || terminating(one.endpoint().getConditions())) {
                continue;
            }
            String other = pods.putIfAbsent(hostname, pod);
            if (other != null && !other.equals(pod)) {
                shared.add(hostname);
            }
        }
        return shared;
    }

    private static String id(Found one, Set<String> shared, String home) {
        String hostname = one.endpoint().getHostname();
        String pod = one.pod();
        String name = hostname != null && !hostname.isEmpty() && !shared.contains(hostname) ? hostname : pod;
        if (name == null || name.isEmpty()) {
            return one.address();
        }
        String namespace = one.namespace(home);
        return namespace.equals(home) ? name : name + "." + namespace;
    }

    private static dev.zerohop.Endpoint endpoint(String id, Found one, String home) {
        Map<String, String> attributes = new HashMap<>();
        attributes.put(NAMESPACE, one.namespace(home));
        String pod = one.pod();
        if (pod != null) {
            attributes.put(POD, pod);
        }
        EndpointHints hints = one.endpoint().getHints();
        if (hints != null) {
            putHints(attributes, HINTED_ZONES, hints.getForZones(), ForZone::getName);
            putHints(attributes, HINTED_NODES, hints.getForNodes(), ForNode::getName);
        }
        return dev.zerohop.Endpoint.builder(one.host(), one.port())
                .id(id)
                .zone(one.endpoint().getZone())
                .node(one.endpoint().getNodeName())
                .readiness(one.readiness())
                .attributes(attributes)
                .build();
    }

    private static <T> void putHints(
            Map<String, String> attributes, String name, @Nullable List<T> hinted, Function<T, String> nameOf) {
        if (hinted != null && !hinted.isEmpty()) {
            attributes.put(name, hinted.stream().map(nameOf).collect(Collectors.joining(",")));
        }
    }
}
