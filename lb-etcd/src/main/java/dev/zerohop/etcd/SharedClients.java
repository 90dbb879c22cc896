package dev.zerohop.etcd;

import com.google.common.net.HostAndPort;
import dev.zerohop.Cancellable;
import dev.zerohop.Env;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/** One client per cluster, {@link Access} to it and {@link Env} for all targets of the process; it ends with its last user. Thread-safe. */
final class SharedClients {
    static final SharedClients OF_THE_PROCESS = new SharedClients();

    private final Map<Key, Shared> clients = new HashMap<>();

    private record Key(List<HostAndPort> servers, Access access, Env env) {}

    private static final class Shared {
        private final EtcdClient client;
        private int users;

        Shared(EtcdClient client) {
            this.client = client;
        }
    }

    /** Follows the ranges over the cluster's client until cancelled. */
    Cancellable follow(List<HostAndPort> servers, Env env, List<KeyRange> ranges, Reflector.Subscriber subscriber) {
        Key key = new Key(servers, ConfigFile.ofTheProcess().accessTo(servers), env);
        Shared shared;
        synchronized (clients) {
            shared = clients.computeIfAbsent(key, k -> new Shared(new EtcdClient(servers, key.access(), null, env)));
            shared.users++;
        }
        Cancellable following = shared.client.follow(ranges, subscriber);
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
