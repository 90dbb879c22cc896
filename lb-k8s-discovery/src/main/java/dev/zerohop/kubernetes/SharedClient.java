package dev.zerohop.kubernetes;

import dev.zerohop.Cancellable;
import dev.zerohop.Env;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.SharedPool;
import io.fabric8.kubernetes.api.model.HasMetadata;

/** The one client of an API server and {@link Env} for all targets of the process, closed with its last use. Thread-safe. */
record SharedClient(KubernetesOptions options, Env env) implements WatchingResolver.Source {
    private static final SharedPool<SharedClient, KubernetesDiscovery> CLIENTS =
            new SharedPool<>(KubernetesDiscovery::close);

    @Override
    public <T extends HasMetadata> Cancellable follow(Selection<T> what, Reflector.Subscriber<T, String> subscriber) {
        SharedPool.Use<KubernetesDiscovery> client = CLIENTS.use(this, key -> KubernetesDiscovery.of(env, options));
        Cancellable following = client.get().follow(what, subscriber);
        return () -> {
            following.cancel();
            client.close();
        };
    }

    /** How many clients are open. */
    static int open() {
        return CLIENTS.size();
    }
}
