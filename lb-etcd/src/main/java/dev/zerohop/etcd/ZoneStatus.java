package dev.zerohop.etcd;

import dev.zerohop.Cancellable;
import dev.zerohop.etcd.KeyStore.Entry;
import dev.zerohop.etcd.KeyStore.Version;
import dev.zerohop.watch.Reflector;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Puts what one {@code golb} target rejects into the status key of its zone, from its start to its end. Thread-safe. */
final class ZoneStatus implements EtcdResolver.Aside {
    private final ClientSource source;
    private final String zone;

    // Guarded by this.
    private List<Refused> present = List.of();
    private @Nullable Consumer<List<Refused>> status;

    ZoneStatus(ClientSource source, String zone) {
        this.source = source;
        this.zone = zone;
    }

    /** Follows the keys; what is rejected is written until that is cancelled. */
    Cancellable follow(List<KeyRange> ranges, Reflector.Subscriber<Entry, Version> subscriber) {
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
    public synchronized void onRefusals(List<Refused> all) {
        present = all;
        if (status != null) {
            status.accept(all);
        }
    }
}
