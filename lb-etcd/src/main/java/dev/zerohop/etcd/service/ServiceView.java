package dev.zerohop.etcd.service;

import dev.zerohop.Endpoint;
import dev.zerohop.ShardMap;
import dev.zerohop.SourceConfiguration;
import dev.zerohop.etcd.client.ClientId;
import dev.zerohop.etcd.client.KeyStore;
import dev.zerohop.etcd.client.LastGood;
import dev.zerohop.etcd.client.RejectedValue;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.resolver.EndpointJson;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A service of the etcd layout: its endpoints with the weights of etcd, its shards, assignment, configuration and alias. */
final class ServiceView implements View {
    private final ServiceKeys keys;
    private final LastGood<Weights> weights = new LastGood<>(Weights::parse);
    private final ShardsValue shards = new ShardsValue();
    private final SliceHistory slices;
    private final LastGood<SourceConfiguration> configuration;
    private final LastGood<String> alias;
    private Map<String, LastGood<Endpoint>> endpoints = new HashMap<>();

    /** For {@code client}; {@code aliases} checks the alias. */
    ServiceView(ServiceKeys keys, ClientId client, Aliases aliases) {
        this.keys = keys;
        this.slices = new SliceHistory(keys);
        this.configuration = new LastGood<>(utf8 -> LiveConfiguration.choose(utf8, keys.service(), client));
        this.alias = new LastGood<>(aliases::parse);
    }

    @Override
    public Content read(Map<String, KeyStore.Entry> entries) {
        List<RejectedValue> rejections = new ArrayList<>();
        Weights stated = weights.read(entries.get(keys.weights()), rejections);
        Weights overrides = stated == null ? Weights.NONE : stated;
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
            Endpoint endpoint = value.read(entry, rejections);
            if (endpoint != null) {
                named.add(overrides.over(endpoint));
            }
        }
        endpoints = kept;
        ShardMap map = shards.read(entries.get(keys.shards()), rejections);
        SourceConfiguration configured = configuration.read(entries.get(keys.config()), rejections);
        return new Content(
                named,
                overrides.smoothing(),
                map,
                slices.read(entries, rejections),
                configured,
                configured == null ? configuration.rejected() : null,
                alias(entries.get(keys.alias()), rejections),
                rejections);
    }

    private @Nullable Alias alias(KeyStore.@Nullable Entry entry, List<RejectedValue> rejections) {
        String target = alias.read(entry, rejections);
        return target == null || entry == null ? null : new Alias(target, entry.modRevision());
    }

    private static Endpoint parseEndpoint(String id, byte[] utf8) {
        ServiceKeys.requireSegment("the endpoint's id", id);
        return EndpointJson.parse(id, utf8);
    }
}
