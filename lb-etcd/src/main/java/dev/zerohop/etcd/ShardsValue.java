package dev.zerohop.etcd;

import dev.zerohop.ShardMap;
import dev.zerohop.resolver.ShardMapJson;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The key {@code shards}. A value that would take an epoch back, or give one another content, is refused like one that does not parse: clients that saw
 * different values must never route one epoch in two ways. A deleted key forgets the epochs.
 */
final class ShardsValue {
    private final LastGood<ShardMap> value = new LastGood<>(this::parse);
    private @Nullable ShardMap inForce;

    /** The value in force; null if there is no key, or nothing good under it yet. A refusal is added to {@code refusals}. */
    @Nullable
    ShardMap read(KeyStore.@Nullable Entry entry, List<Refused> refusals) {
        inForce = value.read(entry, refusals);
        return inForce;
    }

    private ShardMap parse(byte[] utf8) {
        ShardMap next = ShardMapJson.parse(utf8);
        if (!next.hasEpoch()) {
            throw new IllegalArgumentException("epoch was missing, expected a whole number");
        }
        next.checkFollows(inForce);
        return next;
    }
}
