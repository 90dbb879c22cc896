package dev.zerohop.kubernetes;

import dev.zerohop.Target;
import org.jspecify.annotations.Nullable;

/**
 * A {@code k8s} target, parsed.
 *
 * @param namespace null if it names none
 * @param service name of the service
 * @param port name or number of a port
 * @param family the requested address families
 * @param shards which StatefulSets number the pods, and when a change of their size takes effect
 */
record ServiceTarget(@Nullable String namespace, String service, String port, Family family, ServiceShards shards) {
    static final String FORM = "k8s:///namespace/service:port, or k8s:///service:port inside a cluster";

    /** The families of addresses that a service may have; ANY is IPv4 if pods take calls there, else IPv6. */
    enum Family {
        ANY,
        IPV4,
        IPV6
    }

    /** Reads {@code k8s:///namespace/service:port?family=ipv6}. */
    static ServiceTarget parse(Target target) {
        target.rejectAuthority(FORM);
        int from = Math.min(target.pathPosition(), target.text().length());
        String path = target.path();
        if (path.isEmpty()) {
            throw target.error(from, "found no service, expected " + FORM);
        }
        int slash = path.indexOf('/');
        int colon = path.indexOf(':', slash + 1);
        String namespace = slash < 0 ? null : target.decoded(from, from + slash);
        if (namespace != null && !Names.isLabel(namespace)) {
            throw target.error(from, "found namespace '" + namespace + "', expected " + FORM);
        }
        int serviceAt = from + slash + 1;
        if (colon < 0) {
            throw target.error(
                    from + path.length(),
                    "found no port behind '" + target.decoded(serviceAt, from + path.length())
                            + "', expected a colon and a port's name or number: " + FORM);
        }
        String service = target.decoded(serviceAt, from + colon);
        if (!Names.isLabel(service)) {
            throw target.error(serviceAt, "found service '" + service + "', expected " + FORM);
        }
        String port = target.decoded(from + colon + 1, from + path.length());
        if (!Names.isPort(port)) {
            throw target.error(
                    from + colon + 1,
                    "found port '" + port + "', expected a port's name such as grpc, or a number from 1 to 65535");
        }
        Family family = Family.ANY;
        ServiceShards shards = ServiceShards.DEFAULT;
        for (Target.Parameter parameter : target.parameters()) {
            switch (parameter.name()) {
                case "family" -> family = family(target, parameter);
                case ServiceShards.STATEFUL_SET, ServiceShards.SHARD_COUNT -> shards = shards.with(target, parameter);
                default ->
                    throw target.error(
                            parameter.position(),
                            "found parameter '" + parameter.name() + "', expected family, " + ServiceShards.STATEFUL_SET
                                    + " or " + ServiceShards.SHARD_COUNT);
            }
        }
        return new ServiceTarget(namespace, service, port, family, shards);
    }

    private static Family family(Target target, Target.Parameter parameter) {
        return switch (parameter.value()) {
            case "ipv4" -> Family.IPV4;
            case "ipv6" -> Family.IPV6;
            default ->
                throw target.error(
                        parameter.valuePosition(), "family was '" + parameter.value() + "', expected ipv4 or ipv6");
        };
    }

    /** The port as a number; 0 if it is a name. */
    int portNumber() {
        return Names.portNumber(port);
    }

    /** The target in canonical form. */
    String canonical() {
        return "k8s:///" + namespace + "/" + service + ":" + port + "?family=" + family + "&"
                + ServiceShards.STATEFUL_SET + "="
                + String.join(",", shards.statefulSets().stream().sorted().toList()) + "&"
                + ServiceShards.SHARD_COUNT + "=" + shards.mode();
    }

    /** The same in a namespace. */
    ServiceTarget in(String someNamespace) {
        return new ServiceTarget(someNamespace, service, port, family, shards);
    }
}
