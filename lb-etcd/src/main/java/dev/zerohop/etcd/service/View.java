package dev.zerohop.etcd.service;

import dev.zerohop.Endpoint;
import dev.zerohop.ShardMap;
import dev.zerohop.SourceConfiguration;
import dev.zerohop.etcd.client.KeyStore;
import dev.zerohop.etcd.client.RejectedValue;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the keys of one target. Remembers the last good value of each, which stays when a new one is refused. Owned by one resolver and used by
 * one thread at a time.
 */
public interface View {

    /** What the keys say now. */
    Content read(Map<String, KeyStore.Entry> entries);

    /**
     * What the keys say.
     *
     * @param endpoints everybody; null if the one value that names them was refused and there was no good one before
     * @param smoothing how fast their weights may change; null for at once
     * @param shards what is said about shards, if anything
     * @param configuration for the balancer, if a good one is stated
     * @param rejectedConfiguration the value that is stated and refused while there is no good one; it is among the rejections
     * @param alias what the target now means instead, if stated
     * @param rejections the values that are refused at present, whenever they were first read
     */
    record Content(
            @Nullable List<Endpoint> endpoints,
            @Nullable Smoothing smoothing,
            @Nullable ShardMap shards,
            @Nullable SourceConfiguration configuration,
            @Nullable RejectedValue rejectedConfiguration,
            @Nullable Alias alias,
            List<RejectedValue> rejections) {}
}
