package dev.zerohop.etcd.service;

import dev.zerohop.ShardMap;
import dev.zerohop.etcd.client.KeyStore;
import dev.zerohop.etcd.client.LastGood;
import dev.zerohop.etcd.client.RejectedValue;
import dev.zerohop.resolver.ShardMapJson;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The key {@code shards}. A value that lowers the epoch, changes the placement of an epoch or reuses a withdrawn epoch is rejected like one that does not
 * parse: clients that saw different values must not route one epoch in two ways. The epochs of a deleted key stay used.
 */
public final class ShardsValue {
    private final LastGood<ShardMap> value = new LastGood<>(this::parse);

    private @Nullable ShardMap known;

    /** The value in force; null if there is no key, or no good value yet. A rejected value is added to {@code rejections}. */
    @Nullable
    ShardMap read(KeyStore.@Nullable Entry entry, List<RejectedValue> rejections) {
        return value.read(entry, rejections);
    }

    private ShardMap parse(byte[] utf8) {
        ShardMap next = numbered(utf8).following(known);
        known = next;
        return next;
    }

    /** The value of the key; throws an {@link IllegalArgumentException} with the reason if it is rejected. */
    public static ShardMap numbered(byte[] utf8) {
        ShardMap map = ShardMapJson.parse(utf8);
        if (!map.hasEpoch()) {
            throw new IllegalArgumentException("epoch was missing, expected a whole number");
        }
        return map;
    }
}
