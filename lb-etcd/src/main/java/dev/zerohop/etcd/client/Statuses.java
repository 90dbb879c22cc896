package dev.zerohop.etcd.client;

import dev.zerohop.Env;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

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

    /** Accepts the values that one resolver of a service rejects. */
    Consumer<List<RejectedValue>> of(ServiceKeys service) {
        return of(service.status(client));
    }

    /** Accepts the values that one resolver of a golb zone rejects. */
    public Consumer<List<RejectedValue>> ofZone(String zone) {
        return of("zerohop/v1/golb/" + zone + "/status/" + client.name());
    }

    private synchronized Consumer<List<RejectedValue>> of(String key) {
        return keys.computeIfAbsent(key, absent -> new StatusKey(leases, env, key, client))
                .newPart();
    }

    /** Deletes the keys; completes when they are deleted or cannot be deleted. */
    CompletableFuture<Void> close() {
        List<StatusKey> all;
        synchronized (this) {
            all = List.copyOf(keys.values());
        }
        return CompletableFuture.allOf(all.stream().map(StatusKey::close).toArray(CompletableFuture[]::new));
    }
}
