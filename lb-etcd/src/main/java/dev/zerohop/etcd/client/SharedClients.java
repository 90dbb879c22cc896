package dev.zerohop.etcd.client;

import com.google.common.net.HostAndPort;
import dev.zerohop.Env;
import dev.zerohop.watch.SharedPool;
import java.util.List;

/** One client per cluster, {@link Access} to it, {@link ClientId} and {@link Env} for all targets of the process, closed with its last use. Thread-safe. */
final class SharedClients {
    static final SharedClients OF_THE_PROCESS = new SharedClients();

    private final SharedPool<Key, Cluster> clients = new SharedPool<>(Cluster::close);

    private record Key(List<HostAndPort> servers, Access access, ClientId id, Env env) {}

    /** The cluster's client until the use is closed. */
    ClientSource.Use use(List<HostAndPort> servers, Access access, ClientId id, Env env) {
        SharedPool.Use<Cluster> shared =
                clients.use(new Key(servers, access, id, env), key -> new Cluster(servers, access, id.name(), env));
        return ClientSource.use(shared.get(), shared::close);
    }

    /** How many clients are open. */
    int open() {
        return clients.size();
    }
}
