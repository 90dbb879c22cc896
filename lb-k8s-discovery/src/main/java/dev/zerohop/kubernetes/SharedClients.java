package dev.zerohop.kubernetes;

import dev.zerohop.Cancellable;
import dev.zerohop.Env;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.SharedPool;
import io.fabric8.kubernetes.api.model.HasMetadata;

/** One client per API server and {@link Env} for all targets of the process; it ends with its last user. Thread-safe. */
final class SharedClients {
    static final SharedClients OF_THE_PROCESS = new SharedClients();

    private final SharedPool<Key, KubernetesDiscovery> clients = new SharedPool<>(KubernetesDiscovery::close);

    private record Key(KubernetesOptions options, Env env) {}

    /** Follows a selection over the server's client until cancelled. */
    <T extends HasMetadata> Cancellable follow(
            KubernetesOptions options, Env env, Selection<T> what, Reflector.Subscriber<T, String> subscriber) {
        SharedPool.Use<KubernetesDiscovery> client =
                clients.use(new Key(options, env), key -> new KubernetesDiscovery(options, env));
        Cancellable following = client.get().follow(what, subscriber);
        return () -> {
            following.cancel();
            client.close();
        };
    }

    /** How many clients are open. */
    int open() {
        return clients.size();
    }
}
