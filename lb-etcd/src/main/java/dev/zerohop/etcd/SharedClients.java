package dev.zerohop.etcd;

import com.google.common.net.HostAndPort;
import dev.zerohop.Env;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/** One client per cluster, {@link Access} to it, {@link ClientId} and {@link Env} for all targets of the process; it ends with its last user. Thread-safe. */
final class SharedClients {
    static final SharedClients OF_THE_PROCESS = new SharedClients();

    private final Map<Key, Shared> clients = new HashMap<>();

    private record Key(List<HostAndPort> servers, Access access, ClientId id, Env env) {}

    private static final class Shared {
        private final EtcdClient client;
        private int users;

        Shared(EtcdClient client) {
            this.client = client;
        }
    }

    /** The cluster's client until the use is closed. */
    ClientSource.Use use(List<HostAndPort> servers, Access access, ClientId id, Env env) {
        Key key = new Key(servers, access, id, env);
        Shared shared = join(key);
        AtomicBoolean closed = new AtomicBoolean();
        return ClientSource.use(shared.client, DirectoryOptions.DEFAULTS, () -> {
            if (closed.compareAndSet(false, true)) {
                leave(key, shared);
            }
        });
    }

    private Shared join(Key key) {
        synchronized (clients) {
            Shared shared = clients.computeIfAbsent(
                    key, k -> new Shared(new EtcdClient(k.servers(), k.access(), k.id().name(), k.env())));
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
