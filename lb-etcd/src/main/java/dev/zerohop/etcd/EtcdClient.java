package dev.zerohop.etcd;

import static java.util.Objects.requireNonNull;

import com.google.common.net.HostAndPort;
import dev.zerohop.Cancellable;
import dev.zerohop.Env;
import dev.zerohop.Log;
import dev.zerohop.Resolver;
import dev.zerohop.etcd.KeyStore.Entry;
import dev.zerohop.etcd.KeyStore.Version;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.SharedPool;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A connection to one etcd cluster, and the local copies that are read over it: whoever follows the same keys shares one copy and one watch.
 *
 * <p>Building it and every call of it return at once, also while etcd is down; what was asked for comes when etcd does. Thread-safe. Targets of
 * the scheme {@code etcd} make and share clients of their own.
 */
public final class EtcdClient implements AutoCloseable {
    private static final Log LOG = Log.of(EtcdClient.class);

    /** What was warned of already: clients of one cluster come and go. */
    private static final Set<String> RISKS = ConcurrentHashMap.newKeySet();

    private final String name;
    private final Env env;
    private final List<HostAndPort> servers;
    private final ClientId id;
    private final EtcdConnection connection;
    private final KeyStore store;
    private final Statuses statuses;

    private final SharedPool<List<KeyRange>, Reflector<Entry, Version>> copies = new SharedPool<>(Reflector::close);

    /**
     * A client.
     *
     * @throws IllegalArgumentException if a TLS file cannot be used
     */
    EtcdClient(List<HostAndPort> servers, Access access, @Nullable String clientId, Env env) {
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

    /**
     * A client of a cluster, with TLS and credentials from the file that {@code ZEROHOP_CONFIG} names, if any.
     *
     * @param servers members as {@code host:port}, at least one; the first to be asked is drawn
     * @throws IllegalArgumentException if there is none, or one is not {@code host:port}, or the file cannot be used
     */
    public static EtcdClient of(String... servers) {
        return builder().servers(servers).build();
    }

    /**
     * The same with its own clock, dice and threads.
     *
     * @param servers members as {@code host:port}, at least one
     * @throws IllegalArgumentException if there is none, or one is not {@code host:port}, or the file cannot be used
     */
    public static EtcdClient of(Env env, String... servers) {
        return builder().env(env).servers(servers).build();
    }

    /** For everything else that can be said about a client. */
    public static EtcdClientBuilder builder() {
        return new EtcdClientBuilder();
    }

    /**
     * A resolver of a service, not started yet: its endpoints with the weights laid over them, its shards, its configuration, and its directory with
     * {@link DirectoryOptions#DEFAULTS}; or, where the service has an alias, what that names. Closing it leaves the client open.
     *
     * @throws IllegalArgumentException if the name is blank or has a slash
     */
    public Resolver resolver(String service) {
        return resolver(service, DirectoryOptions.DEFAULTS);
    }

    /**
     * {@link #resolver(String)} with other options for the directory.
     *
     * @throws IllegalArgumentException if the name is blank or has a slash
     */
    public Resolver resolver(String service, DirectoryOptions options) {
        ServiceKeys keys = new ServiceKeys(requireNonNull(service, "service"));
        requireNonNull(options, "options");
        ClientSource source = source(options);
        return new DirectoryResolver(
                ServiceResolver.of(name + "/" + service, source, service),
                env,
                refusals -> source.directory(keys, refusals));
    }

    /** The directory of a service, which does nothing until it is asked. */
    EtcdDirectory directory(ServiceKeys keys, DirectoryOptions options, Consumer<String> refusals, Runnable onClose) {
        return new EtcdDirectory(store, keys.directory(), env, options, refusals, onClose);
    }

    /** How resolvers come by this client. */
    ClientSource source() {
        return source(DirectoryOptions.DEFAULTS);
    }

    private ClientSource source(DirectoryOptions options) {
        return new ClientSource(servers, id, env, () -> ClientSource.use(this, options, () -> {}));
    }

    Statuses statuses() {
        return statuses;
    }

    /** Follows the ranges until cancelled. */
    Cancellable follow(List<KeyRange> ranges, Reflector.Subscriber<Entry, Version> subscriber) {
        SharedPool.Use<Reflector<Entry, Version>> copy = copies.use(
                ranges, selection -> new Reflector<>(new RangeWatch(store, selection), RangeWatch.POLICY, env));
        copy.get().subscribe(subscriber);
        return () -> {
            copy.get().unsubscribe(subscriber);
            copy.close();
        };
    }

    EtcdConnection connection() {
        return connection;
    }

    Env env() {
        return env;
    }

    /** How many copies are kept. */
    int copies() {
        return copies.size();
    }

    /** Ends every watch and closes the connection. Resolvers keep what they said last; registrations lapse with their lease. Idempotent. */
    @Override
    public void close() {
        copies.drain().forEach(Reflector::close);
        // At once, unless there is a status to be deleted before.
        statuses.close().whenComplete((done, thrown) -> connection.close());
    }

    @Override
    public String toString() {
        return name;
    }
}
