package dev.zerohop.etcd.service;

import dev.zerohop.EndpointSet;
import dev.zerohop.Resolver;
import dev.zerohop.SliceMap;
import dev.zerohop.etcd.client.ClientSource;
import dev.zerohop.etcd.client.KeyRange;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.RejectedValue;
import dev.zerohop.etcd.client.ServiceKeys;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The members of another source with the assignment of keys from etcd; see {@code EtcdSlices}. */
public final class SlicesResolver extends OverlayResolver {

    // Touched by tasks only.
    private final SliceHistory history;
    private @Nullable SliceMap slices;

    public SlicesResolver(String name, Resolver members, ClientSource source, ServiceKeys keys) {
        super(name, members, source, keys, List.of(KeyRange.under(keys.assignment())));
        this.history = new SliceHistory(keys);
    }

    @Override
    void read(Map<String, Entry> entries, List<RejectedValue> rejections) {
        slices = history.read(entries, rejections);
    }

    @Override
    EndpointSet over(EndpointSet set) {
        return slices == null ? set : set.withSlices(slices);
    }

    @Override
    String withoutEtcd() {
        return "the members come without an assignment";
    }
}
