package dev.zerohop.etcd.client;

import com.google.common.net.HostAndPort;
import dev.zerohop.Cancellable;
import dev.zerohop.Env;
import dev.zerohop.Log;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.SharedPool;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The connection to one cluster, the local copies over it, which subscribers of the same keys share, and the status keys of the client. Thread-safe. */
public final class Cluster implements AutoCloseable {
    private static final Log LOG = Log.of(Cluster.class);

    /** Risks already logged. Many clients of one cluster may be created, but each risk is logged once. */
    private static final Set<String> RISKS = ConcurrentHashMap.newKeySet();

    private final String name;
    private final Env env;
    private final List<HostAndPort> servers;
    private final ClientId id;
    private final EtcdConnection connection;
    private final KeyStore store;
    private final Statuses statuses;

    private final SharedPool<List<KeyRange>, Reflector<Entry, Version>> copies = new SharedPool<>(Reflector::close);

    /** Does not connect yet. Throws an {@link IllegalArgumentException} if a TLS file cannot be used. */
    public Cluster(List<HostAndPort> servers, Access access, @Nullable String clientId, Env env) {
        String risk = access.risk();
        if (risk != null && RISKS.add(servers + risk)) {
            LOG.warn("etcd {}: {}", servers, risk);
        }
        this.servers = List.copyOf(servers);
        this.id = ClientId.of(clientId);
        this.name = "etcd://"
                + String.join(",", servers.stream().map(HostAndPort::toString).toList());
        this.env = env;
        this.connection = new EtcdConnection(servers, access, env);
        this.store = new GrpcKeyStore(connection);
        this.statuses = new Statuses(connection, env, id);
    }

    /** This client for resolvers, which leave it open. */
    public ClientSource source() {
        return new ClientSource(servers, id, env, () -> ClientSource.use(this, () -> {}));
    }

    public Statuses statuses() {
        return statuses;
    }

    public KeyStore store() {
        return store;
    }

    public EtcdConnection connection() {
        return connection;
    }

    public Env env() {
        return env;
    }

    /** Follows the ranges until cancelled. */
    public Cancellable follow(List<KeyRange> ranges, Reflector.Subscriber<Entry, Version> subscriber) {
        SharedPool.Use<Reflector<Entry, Version>> copy = copies.use(
                ranges, selection -> new Reflector<>(new RangeWatch(store, selection), RangeWatch.POLICY, env));
        copy.get().subscribe(subscriber);
        return () -> {
            copy.get().unsubscribe(subscriber);
            copy.close();
        };
    }

    /** How many copies are kept. */
    int copies() {
        return copies.size();
    }

    /** Ends every watch and closes the connection. Idempotent. */
    @Override
    public void close() {
        copies.drain().forEach(Reflector::close);
        // Immediately, or after status keys are deleted.
        statuses.close().whenComplete((done, thrown) -> connection.close());
    }

    @Override
    public String toString() {
        return name;
    }
}
