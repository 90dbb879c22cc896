package dev.zerohop.etcd;

import dev.zerohop.Endpoint;
import dev.zerohop.resolver.EndpointJson;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A service of the etcd layout: its endpoints with the weights laid over them, its shards, its configuration. */
final class ServiceView implements View {
    private final ServiceKeys keys;
    private final LastGood<Map<String, Integer>> weights = new LastGood<>(ServiceView::parseWeights);
    private final ShardsValue shards = new ShardsValue();
    private final LastGood<String> configuration = new LastGood<>(ServiceView::parseText);
    private Map<String, LastGood<Endpoint>> endpoints = new HashMap<>();

    ServiceView(ServiceKeys keys) {
        this.keys = keys;
    }

    @Override
    public Content read(Map<String, KeyStore.Entry> entries) {
        List<String> refusals = new ArrayList<>();
        Map<String, Integer> overrides = weights.read(entries.get(keys.weights()), refusals);
        List<Endpoint> named = new ArrayList<>(entries.size());
        Map<String, LastGood<Endpoint>> kept = new HashMap<>();
        String directory = keys.endpoints();
        for (KeyStore.Entry entry : entries.values()) {
            if (!entry.key().startsWith(directory)) {
                continue;
            }
            String id = entry.key().substring(directory.length());
            LastGood<Endpoint> value = endpoints.get(id);
            if (value == null) {
                value = new LastGood<>(utf8 -> parseEndpoint(id, utf8));
            }
            kept.put(id, value);
            Endpoint endpoint = value.read(entry, refusals);
            if (endpoint != null) {
                named.add(weighted(endpoint, overrides));
            }
        }
        endpoints = kept;
        return new Content(
                named,
                shards.read(entries.get(keys.shards()), refusals),
                configuration.read(entries.get(keys.config()), refusals),
                refusals);
    }

    private static Endpoint weighted(Endpoint endpoint, @Nullable Map<String, Integer> overrides) {
        Integer weight = overrides == null ? null : overrides.get(endpoint.id());
        return weight == null || weight == endpoint.weight()
                ? endpoint
                : endpoint.toBuilder().weight(weight).build();
    }

    private static Endpoint parseEndpoint(String id, byte[] utf8) {
        if (id.isBlank() || id.indexOf('/') >= 0) {
            throw new IllegalArgumentException("the endpoint's id was '" + id + "', expected a name without a slash");
        }
        return EndpointJson.parse(id, utf8);
    }

    /** {@code {"<id>": weight}}; ids that nobody has are kept for when somebody does. */
    private static Map<String, Integer> parseWeights(byte[] utf8) throws IOException {
        Map<String, Integer> weights = new HashMap<>();
        Json.object(utf8, (in, id) -> weights.put(id, (int) in.number("\"" + id + "\"", 0, Endpoint.MAX_WEIGHT)));
        return weights;
    }

    /** The balancer judges a configuration; here it only has to be text. */
    private static String parseText(byte[] utf8) throws IOException {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(utf8))
                    .toString();
        } catch (CharacterCodingException malformed) {
            throw new IOException("the value was not UTF-8, expected a JSON text", malformed);
        }
    }
}
