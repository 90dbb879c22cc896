package dev.zerohop.etcd.service;

import dev.zerohop.Endpoint;
import dev.zerohop.ShardMap;
import dev.zerohop.SliceMap;
import dev.zerohop.SourceConfiguration;
import dev.zerohop.etcd.client.KeyStore;
import dev.zerohop.etcd.client.RejectedValue;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the keys of one target. Keeps the last good value of each, which stays when a new one is rejected. Used by one thread at a time. */
public interface View {

    /** The present content of the keys. */
    Content read(Map<String, KeyStore.Entry> entries);

    /**
     * The content of the keys.
     *
     * @param endpoints null if the one value that lists them is rejected and there is no good one before it
     * @param smoothing how fast their weights may change; null for at once
     * @param slices the assignment of keys; null if there never was one
     * @param configuration for the balancer, if there is a good one
     * @param rejectedConfiguration the rejected value while there is no good one; also in {@code rejections}
     * @param alias the alias that replaces the target; null if there is none
     * @param rejections all values that are rejected at present
     */
    record Content(
            @Nullable List<Endpoint> endpoints,
            @Nullable Smoothing smoothing,
            @Nullable ShardMap shards,
            @Nullable SliceMap slices,
            @Nullable SourceConfiguration configuration,
            @Nullable RejectedValue rejectedConfiguration,
            @Nullable Alias alias,
            List<RejectedValue> rejections) {}
}
