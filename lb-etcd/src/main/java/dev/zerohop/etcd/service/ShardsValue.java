package dev.zerohop.etcd.service;

import dev.zerohop.ShardMap;
import dev.zerohop.etcd.client.KeyStore;
import dev.zerohop.etcd.client.LastGood;
import dev.zerohop.etcd.client.RejectedValue;
import dev.zerohop.resolver.ShardMapJson;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The key {@code shards}. A value that would take an epoch back, give one another content or use a withdrawn one again is refused like one that does not
 * parse: clients that saw different values must never route one epoch in two ways. A deleted key states nothing, but its epochs stay taken.
 */
public final class ShardsValue {
    private final LastGood<ShardMap> value = new LastGood<>(this::parse);

    /** What was in force last. */
    private @Nullable ShardMap known;

    /** The value in force; null if there is no key, or nothing good under it yet. A refusal is added to {@code rejections}. */
    @Nullable
    ShardMap read(KeyStore.@Nullable Entry entry, List<RejectedValue> rejections) {
        return value.read(entry, rejections);
    }

    private ShardMap parse(byte[] utf8) {
        ShardMap next = numbered(utf8).following(known);
        known = next;
        return next;
    }

    /**
     * What the key holds.
     *
     * @throws IllegalArgumentException if it cannot be used; the message says why
     */
    public static ShardMap numbered(byte[] utf8) {
        ShardMap map = ShardMapJson.parse(utf8);
        if (!map.hasEpoch()) {
            throw new IllegalArgumentException("epoch was missing, expected a whole number");
        }
        return map;
    }
}
