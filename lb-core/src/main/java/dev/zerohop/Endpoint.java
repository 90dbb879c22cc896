package dev.zerohop;

import static java.util.Objects.requireNonNull;

import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One destination, as discovery states it: address, identity, weight, zone, ordinal, readiness. An immutable value.
 *
 * <p>Names (id, host, zone, node, names of attributes) have at most {@value Printable#MAX_NAME} characters, values of attributes {@value Printable#MAX_VALUE}, and
 * none has a control character: they stand in logs and on terminals.
 *
 * <p>The {@code id} is a stable name (a pod's name, else {@code host:port}), never a bare IP address where a name exists: placement
 * by key follows the id and the ordinal, so a pod that comes back with another address keeps its keys.
 *
 * @param id stable name, unique within one {@link EndpointSet}
 * @param host IP literal (without brackets) or a host name that is resolved when a connection is made
 * @param port 1 to 65535
 * @param weight share of the traffic relative to the others, 0 to {@value #MAX_WEIGHT}; 0 takes no new traffic
 * @param zone failure domain, or null when unknown
 * @param node machine, or null when unknown
 * @param ordinal position in a StatefulSet or another numbered set, or {@link #NO_ORDINAL}
 * @param readiness what the source says about new traffic
 * @param attributes further facts of the source, copied
 */
public record Endpoint(
        String id,
        String host,
        int port,
        int weight,
        @Nullable String zone,
        @Nullable String node,
        int ordinal,
        Readiness readiness,
        Map<String, String> attributes) {

    /** The ordinal of an endpoint that has none. */
    public static final int NO_ORDINAL = -1;

    /** The attribute by which a source whose list has an order of its own states an endpoint's place in it, a whole number. */
    public static final String ORDER = "order";

    /**
     * The attribute that replaces the id as the {@linkplain #hashKey name by which policies that hash} place an endpoint, as {@code hash_key} does in Envoy and gRPC (gRFC A76).
     */
    public static final String HASH_KEY = "hash_key";

    /** The attribute by which an endpoint states its priority group: 0, the first, to 15. Without it, it is in the first. */
    public static final String PRIORITY = "priority";

    /** The largest weight. */
    public static final int MAX_WEIGHT = 1_000_000;

    /** The largest number of attributes. */
    public static final int MAX_ATTRIBUTES = 64;

    /** What the source says about sending new traffic to an endpoint. */
    public enum Readiness {
        /** Takes traffic. */
        READY,
        /** Known, but its source says that it cannot take traffic; never used, not even in panic. */
        NOT_READY,
        /** On its way out but serving: running calls go on, new ones go elsewhere while there is another endpoint. */
        DRAINING
    }

    /**
     * Checks every component.
     *
     * @throws IllegalArgumentException naming the component, its value and what was expected
     */
    public Endpoint {
        requireNonNull(id, "id");
        requireNonNull(host, "host");
        requireNonNull(readiness, "readiness");
        String bad = Printable.problem(id, Printable.MAX_NAME);
        if (bad != null) {
            throw new IllegalArgumentException("endpoint id " + bad);
        }
        if (id.isBlank()) {
            throw new IllegalArgumentException("endpoint id was blank, expected a stable name such as orders-0");
        }
        check(id, "host", host, Printable.MAX_NAME);
        if (host.isBlank() || host.startsWith("[") || host.indexOf(' ') >= 0) {
            throw new IllegalArgumentException("endpoint " + id + ": host was '" + host
                    + "', expected an IP literal without brackets or a host name");
        }
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("endpoint " + id + ": port was " + port + ", expected 1 to 65535");
        }
        if (weight < 0 || weight > MAX_WEIGHT) {
            throw new IllegalArgumentException(
                    "endpoint " + id + ": weight was " + weight + ", expected 0 to " + MAX_WEIGHT);
        }
        if (ordinal < NO_ORDINAL) {
            throw new IllegalArgumentException(
                    "endpoint " + id + ": ordinal was " + ordinal + ", expected 0 or more (-1 for none)");
        }
        check(id, "zone", zone, Printable.MAX_NAME);
        check(id, "node", node, Printable.MAX_NAME);
        attributes = Map.copyOf(attributes);
        if (attributes.size() > MAX_ATTRIBUTES) {
            throw new IllegalArgumentException("endpoint " + id + ": had " + attributes.size()
                    + " attributes, expected at most " + MAX_ATTRIBUTES);
        }
        for (Map.Entry<String, String> attribute : attributes.entrySet()) {
            check(id, "the name of an attribute", attribute.getKey(), Printable.MAX_NAME);
            check(id, "attribute " + attribute.getKey(), attribute.getValue(), Printable.MAX_VALUE);
        }
    }

    private static void check(String id, String what, @Nullable String text, int max) {
        String problem = text == null ? null : Printable.problem(text, max);
        if (problem != null) {
            throw new IllegalArgumentException("endpoint " + id + ": " + what + " " + problem);
        }
    }

    /** An endpoint of weight 1 whose id is {@code host:port}. */
    public static Endpoint of(String host, int port) {
        return builder(host, port).build();
    }

    /** Starts an endpoint with the defaults: id {@code host:port}, weight 1, no zone, node or ordinal, ready. */
    public static Builder builder(String host, int port) {
        return new Builder(host, port);
    }

    /** A builder that starts from this endpoint's values. */
    public Builder toBuilder() {
        return new Builder(host, port)
                .id(id)
                .weight(weight)
                .zone(zone)
                .node(node)
                .ordinal(ordinal)
                .readiness(readiness)
                .attributes(attributes);
    }

    /** {@code host:port}, with brackets around an IPv6 literal. */
    public String address() {
        return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
    }

    /** The name by which policies that hash endpoints place this one: the attribute {@link #HASH_KEY} if it has a value, else the id. */
    public String hashKey() {
        String key = attributes.isEmpty() ? null : attributes.get(HASH_KEY);
        return key == null || key.isEmpty() ? id : key;
    }

    /** Whether {@code other} names the same socket address. */
    public boolean sameAddress(Endpoint other) {
        return port == other.port && host.equals(other.host);
    }

    /** Whether {@code other} is of the same zone and priority, so that its calls have as far to go. */
    boolean isBeside(Endpoint other) {
        return Objects.equals(zone, other.zone)
                && attributes.getOrDefault(PRIORITY, "0").equals(other.attributes.getOrDefault(PRIORITY, "0"));
    }

    /** Whether this endpoint has an ordinal. */
    public boolean hasOrdinal() {
        return ordinal != NO_ORDINAL;
    }

    @Override
    public String toString() {
        return id.equals(address()) ? id : id + "(" + address() + ")";
    }

    /** Builds an {@link Endpoint}. Not thread-safe; {@link #build} checks the values. */
    public static final class Builder {
        private final String host;
        private final int port;
        private @Nullable String id;
        private int weight = 1;
        private @Nullable String zone;
        private @Nullable String node;
        private int ordinal = NO_ORDINAL;
        private Readiness readiness = Readiness.READY;
        private Map<String, String> attributes = Map.of();

        private Builder(String host, int port) {
            this.host = requireNonNull(host, "host");
            this.port = port;
        }

        /** Sets the stable name. Default: {@code host:port}. */
        public Builder id(String id) {
            this.id = requireNonNull(id, "id");
            return this;
        }

        /** Sets the weight. Default: 1. */
        public Builder weight(int weight) {
            this.weight = weight;
            return this;
        }

        /** Sets the zone. Default: unknown. */
        public Builder zone(@Nullable String zone) {
            this.zone = zone;
            return this;
        }

        /** Sets the machine. Default: unknown. */
        public Builder node(@Nullable String node) {
            this.node = node;
            return this;
        }

        /** Sets the ordinal. Default: {@link #NO_ORDINAL}. */
        public Builder ordinal(int ordinal) {
            this.ordinal = ordinal;
            return this;
        }

        /** Sets what the source says about new traffic. Default: {@link Readiness#READY}. */
        public Builder readiness(Readiness readiness) {
            this.readiness = requireNonNull(readiness, "readiness");
            return this;
        }

        /** Sets the further facts. Default: none. */
        public Builder attributes(Map<String, String> attributes) {
            this.attributes = requireNonNull(attributes, "attributes");
            return this;
        }

        /**
         * Builds the endpoint.
         *
         * @throws IllegalArgumentException naming the component, its value and what was expected
         */
        public Endpoint build() {
            String name = id;
            if (name == null) {
                name = host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
            }
            return new Endpoint(name, host, port, weight, zone, node, ordinal, readiness, attributes);
        }
    }
}
