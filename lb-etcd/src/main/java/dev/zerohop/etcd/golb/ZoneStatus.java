package dev.zerohop.etcd.golb;

import dev.zerohop.Cancellable;
import dev.zerohop.etcd.client.ClientSource;
import dev.zerohop.etcd.client.KeyRange;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.etcd.client.RejectedValue;
import dev.zerohop.etcd.service.Alias;
import dev.zerohop.etcd.service.EtcdResolver;
import dev.zerohop.watch.Reflector;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Puts what one {@code golb} target rejects into the status key of its zone, from its start to its end. Thread-safe. */
public final class ZoneStatus implements EtcdResolver.StatusReporter {
    private final ClientSource source;
    private final String zone;

    // Guarded by this.
    private List<RejectedValue> present = List.of();
    private @Nullable Consumer<List<RejectedValue>> status;

    public ZoneStatus(ClientSource source, String zone) {
        this.source = source;
        this.zone = zone;
    }

    /** Follows the keys; what is rejected is written until that is cancelled. */
    public Cancellable follow(List<KeyRange> ranges, Reflector.Subscriber<Entry, Version> subscriber) {
        ClientSource.Use use = source.uses().get();
        synchronized (this) {
            status = use.zoneStatus(zone);
            status.accept(present);
        }
        Cancellable following = use.follow(ranges, subscriber);
        return () -> {
            following.cancel();
            end();
            use.close();
        };
    }

    private synchronized void end() {
        if (status != null) {
            status.accept(List.of());
            status = null;
        }
    }

    @Override
    public void onAlias(@Nullable Alias alias) {}

    @Override
    public synchronized void onRejected(List<RejectedValue> all) {
        present = all;
        if (status != null) {
            status.accept(all);
        }
    }
}
