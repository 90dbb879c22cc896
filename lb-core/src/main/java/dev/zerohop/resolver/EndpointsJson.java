package dev.zerohop.resolver;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.zerohop.Endpoint;
import dev.zerohop.ShardMap;
import dev.zerohop.SliceMap;
import dev.zerohop.json.JsonReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The JSON form of endpoints and shards: what an endpoints file says, and what the last-good file keeps. */
final class EndpointsJson {
    private static final String FIELDS =
            "id, host, port, address, weight, zone, node, ordinal, ready, draining or attributes";

    private EndpointsJson() {}

    /** Reads {@code {"endpoints": [...], "shards": ..., "slices": {...}, "config": {...}}}; rejects it whole if anything is wrong with it. */
    static PollingResolver.Answer read(byte[] utf8) throws IOException {
        return read(new ByteArrayInputStream(utf8));
    }

    /** The same from a stream, which is read to its end unless something is rejected before it. */
    static PollingResolver.Answer read(InputStream utf8) throws IOException {
        var content = new Object() {
            @Nullable
            List<Endpoint> endpoints;

            @Nullable
            ShardMap shards;

            @Nullable
            SliceMap slices;

            @Nullable
            String config;
        };
        JsonReader.object(utf8, (in, name) -> {
            switch (name) {
                case "endpoints" -> content.endpoints = endpoints(in, name, true);
                case "shards" -> content.shards = ShardMapJson.read(in, name);
                case "slices" -> content.slices = SliceMapJson.read(in, name);
                case "config" -> content.config = in.objectText(name);
                default -> throw JsonReader.unknown(name, "endpoints, shards, slices or config");
            }
        });
        if (content.endpoints == null) {
            throw new IOException("endpoints was missing, expected an array (an empty one if there is no endpoint)");
        }
        return new PollingResolver.Answer(content.endpoints, content.shards, content.config).withSlices(content.slices);
    }

    /**
     * Reads the array at the current token.
     *
     * @param strictHosts whether a host must be an address or a host name, as in what people write; else whatever {@link Endpoint} takes
     */
    static List<Endpoint> endpoints(JsonReader in, String path, boolean strictHosts) throws IOException {
        Map<String, Integer> indexById = new HashMap<>();
        return in.array(path, at -> {
            Endpoint endpoint = endpoint(in, at, strictHosts);
            Integer before = indexById.putIfAbsent(endpoint.id(), indexById.size());
            if (before != null) {
                throw new IOException(at + ".id was \"" + endpoint.id() + "\" as in " + path + "[" + before
                        + "], expected unique ids");
            }
            return endpoint;
        });
    }

    /** Reads the object at the current token. */
    static Endpoint endpoint(JsonReader in, String path, boolean strictHosts) throws IOException {
        Map<String, Object> given = new LinkedHashMap<>();
        in.object(path, (name, at) -> given.put(name, value(in, name, at)));
        HostPort address = address(given, path, strictHosts);
        Endpoint.Builder builder = Endpoint.builder(address.host(), address.port());
        Map<String, String> attributes = Map.of();
        boolean ready = true;
        boolean draining = false;
        for (Map.Entry<String, Object> field : given.entrySet()) {
            Object value = field.getValue();
            switch (field.getKey()) {
                case "id" -> builder.id((String) value);
                case "zone" -> builder.zone((String) value);
                case "node" -> builder.node((String) value);
                case "weight" -> builder.weight((Integer) value);
                case "ordinal" -> builder.ordinal((Integer) value);
                case "ready" -> ready = (Boolean) value;
                case "draining" -> draining = (Boolean) value;
                case "attributes" -> attributes = ((Attributes) value).values();
                default -> {}
            }
        }
        builder.readiness(
                draining
                        ? Endpoint.Readiness.DRAINING
                        : ready ? Endpoint.Readiness.READY : Endpoint.Readiness.NOT_READY);
        try {
            return builder.attributes(attributes).build();
        } catch (IllegalArgumentException refused) {
            throw new IOException(path + ": " + refused.getMessage(), refused);
        }
    }

    private record Attributes(Map<String, String> values) {}

    private static Object value(JsonReader in, String name, String path) throws IOException {
        return switch (name) {
            case "id", "host", "address", "zone", "node" -> in.text(path);
            case "port" -> in.integer(path, 1, 65_535);
            case "weight" -> in.integer(path, 0, Endpoint.MAX_WEIGHT);
            case "ordinal" -> in.integer(path, 0, Integer.MAX_VALUE);
            case "ready", "draining" -> in.bool(path);
            case "attributes" -> {
                Map<String, String> attributes = new HashMap<>();
                in.object(path, (key, at) -> attributes.put(key, in.anyText(at)));
                yield new Attributes(attributes);
            }
            default -> throw JsonReader.unknown(path, FIELDS);
        };
    }

    private static HostPort address(Map<String, Object> given, String path, boolean strictHosts) throws IOException {
        Object address = given.get("address");
        Object host = given.get("host");
        Object port = given.get("port");
        if (address != null) {
            if (host != null || port != null) {
                throw new IOException(path + " has an address and a host or port, expected one or the other");
            }
            try {
                return HostPort.parse((String) address);
            } catch (HostPort.Malformed malformed) {
                throw JsonReader.rejected(
                        path + ".address", "\"" + address + "\"", "host:port: " + malformed.problem());
            }
        }
        if (host == null || port == null) {
            throw new IOException(
                    path + (host == null ? ".host" : ".port") + " was missing, expected host and port, or address");
        }
        String name = (String) host;
        if (strictHosts && !HostPort.isLiteral(name)) {
            try {
                HostPort.checkHost(name, 0);
            } catch (HostPort.Malformed malformed) {
                throw JsonReader.rejected(path + ".host", "\"" + name + "\"", "a host: " + malformed.problem());
            }
        }
        return new HostPort(name, (Integer) port);
    }

    /** Writes what {@link #endpoints} reads. */
    static void write(JsonGenerator out, List<Endpoint> endpoints) throws IOException {
        out.writeStartArray();
        for (Endpoint endpoint : endpoints) {
            write(out, endpoint);
        }
        out.writeEndArray();
    }

    /** Writes what {@link #endpoint} reads. */
    static void write(JsonGenerator out, Endpoint endpoint) throws IOException {
        out.writeStartObject();
        out.writeStringField("id", endpoint.id());
        out.writeStringField("host", endpoint.host());
        out.writeNumberField("port", endpoint.port());
        out.writeNumberField("weight", endpoint.weight());
        writeUnlessBlank(out, "zone", endpoint.zone());
        writeUnlessBlank(out, "node", endpoint.node());
        if (endpoint.hasOrdinal()) {
            out.writeNumberField("ordinal", endpoint.ordinal());
        }
        switch (endpoint.readiness()) {
            case READY -> {}
            case NOT_READY -> out.writeBooleanField("ready", false);
            case DRAINING -> out.writeBooleanField("draining", true);
        }
        if (!endpoint.attributes().isEmpty()) {
            out.writeObjectFieldStart("attributes");
            for (Map.Entry<String, String> attribute : new TreeMap<>(endpoint.attributes()).entrySet()) {
                out.writeStringField(attribute.getKey(), attribute.getValue());
            }
            out.writeEndObject();
        }
        out.writeEndObject();
    }

    private static void writeUnlessBlank(JsonGenerator out, String name, @Nullable String value) throws IOException {
        if (value != null && !value.isBlank()) {
            out.writeStringField(name, value);
        }
    }
}
