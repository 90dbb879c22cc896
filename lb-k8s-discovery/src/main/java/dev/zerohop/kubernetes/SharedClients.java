package dev.zerohop.kubernetes;

import dev.zerohop.Cancellable;
import dev.zerohop.Env;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/** One client per API server and {@link Env} for all targets of the process; it ends with its last user. Thread-safe. */
final class SharedClients {
    static final SharedClients OF_THE_PROCESS = new SharedClients();

    private final Map<Key, Shared> clients = new HashMap<>();

    private record Key(KubernetesOptions options, Env env) {}

    private static final class Shared {
        private final KubernetesDiscovery client;
        private int users;

        Shared(KubernetesDiscovery client) {
            this.client = client;
        }
    }

    /** Follows a selection over the server's client until cancelled. */
    <T extends HasMetadata> Cancellable follow(
            KubernetesOptions options, Env env, Selection<T> what, Reflector.Subscriber<T> subscriber) {
        Key key = new Key(options, env);
        Shared shared;
        synchronized (clients) {
            shared = clients.computeIfAbsent(key, k -> new Shared(new KubernetesDiscovery(options, env)));
            shared.users++;
        }
        Cancellable following = shared.client.follow(what, subscriber);
        AtomicBoolean cancelled = new AtomicBoolean();
        return () -> {
            if (cancelled.compareAndSet(false, true)) {
                following.cancel();
                leave(key, shared);
            }
        };
    }

    private void leave(Key key, Shared shared) {
        synchronized (clients) {
            shared.users--;
            if (shared.users > 0) {
                return;
            }
            clients.remove(key);
        }
        shared.client.close();
    }

    /** How many clients are open. */
    int open() {
        synchronized (clients) {
            return clients.size();
        }
    }
}
