package dev.zerohop.etcd;

import com.google.common.net.HostAndPort;
import dev.zerohop.Cancellable;
import dev.zerohop.Env;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** One client per cluster and {@link Env} for all targets of the process; it ends with its last user. Thread-safe. */
final class SharedClients {
    static final SharedClients OF_THE_PROCESS = new SharedClients();

    private final Map<Key, Shared> clients = new HashMap<>();

    private record Key(List<HostAndPort> servers, Env env) {}

    private static final class Shared {
        private final EtcdClient client;
        private int users;

        Shared(EtcdClient client) {
            this.client = client;
        }
    }

    /** Follows the ranges over the cluster's client until cancelled. */
    Cancellable follow(List<HostAndPort> servers, Env env, List<KeyRange> ranges, Reflector.Subscriber subscriber) {
        Key key = new Key(servers, env);
        Shared shared = join(key);
        Cancellable following = shared.client.follow(ranges, subscriber);
        AtomicBoolean cancelled = new AtomicBoolean();
        return () -> {
            if (cancelled.compareAndSet(false, true)) {
                following.cancel();
                leave(key, shared);
            }
        };
    }

    /** The directory of a service over the cluster's client, until it is closed. */
    EtcdDirectory directory(List<HostAndPort> servers, Env env, ServiceKeys keys, Consumer<String> refusals) {
        Key key = new Key(servers, env);
        Shared shared = join(key);
        return shared.client.directory(keys, DirectoryOptions.DEFAULTS, refusals, () -> leave(key, shared));
    }

    private Shared join(Key key) {
        synchronized (clients) {
            Shared shared = clients.computeIfAbsent(key, k -> new Shared(new EtcdClient(k.servers(), k.env())));
            shared.users++;
            return shared;
        }
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
