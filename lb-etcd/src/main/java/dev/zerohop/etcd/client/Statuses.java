package dev.zerohop.etcd.client;

import dev.zerohop.Env;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** The status keys of one client, one for each service and zone that it follows. Thread-safe. */
public final class Statuses {
    private final Leases leases;
    private final Env env;
    private final ClientId client;
    private final Map<String, StatusKey> keys = new HashMap<>();

    Statuses(EtcdConnection connection, Env env, ClientId client) {
        this.leases = new Leases(connection);
        this.env = env;
        this.client = client;
    }

    /** A resolver's part in what is said of a service. */
    StatusKey.Part of(ServiceKeys service) {
        return of(service.status(client));
    }

    /** A part in what is said of the functions of a zone. */
    public StatusKey.Part ofZone(String zone) {
        return of("zerohop/v1/golb/" + zone + "/status/" + client.name());
    }

    private synchronized StatusKey.Part of(String key) {
        return keys.computeIfAbsent(key, absent -> new StatusKey(leases, env, key, client))
                .part();
    }

    /** Deletes what was written; completes when that is done or cannot be. */
    CompletableFuture<Void> close() {
        List<StatusKey> all;
        synchronized (this) {
            all = List.copyOf(keys.values());
        }
        return CompletableFuture.allOf(all.stream().map(StatusKey::close).toArray(CompletableFuture[]::new));
    }
}
