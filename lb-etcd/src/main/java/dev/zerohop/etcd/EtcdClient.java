package dev.zerohop.etcd;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Env;
import dev.zerohop.Resolver;
import dev.zerohop.etcd.client.ClientSource;
import dev.zerohop.etcd.client.Cluster;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.directory.DirectoryOptions;
import dev.zerohop.etcd.directory.DirectoryResolver;
import dev.zerohop.etcd.service.ServiceResolver;

/**
 * A connection to one etcd cluster, and the local copies that are read over it: all followers of the same keys share one copy and one watch.
 *
 * <p>Building it and every call of it return at once, also while etcd is down; what was asked for comes when etcd does. Thread-safe. Targets of
 * the scheme {@code etcd} make and share clients of their own.
 */
public final class EtcdClient implements AutoCloseable {
    private final Cluster cluster;

    EtcdClient(Cluster cluster) {
        this.cluster = cluster;
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
        ClientSource source = cluster.source();
        return new DirectoryResolver(
                ServiceResolver.of(cluster + "/" + service, source, service), source, keys, options);
    }

    /** What the parts of zerohop that read and write etcd go by; nothing for applications. */
    public Cluster cluster() {
        return cluster;
    }

    /** Ends every watch and closes the connection. Resolvers keep what they said last; registrations lapse with their lease. Idempotent. */
    @Override
    public void close() {
        cluster.close();
    }

    @Override
    public String toString() {
        return cluster.toString();
    }
}
