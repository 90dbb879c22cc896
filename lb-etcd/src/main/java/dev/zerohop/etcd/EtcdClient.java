package dev.zerohop.etcd;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Env;
import dev.zerohop.Resolver;
import dev.zerohop.etcd.client.Cluster;
import dev.zerohop.etcd.directory.DirectoryOptions;
import dev.zerohop.etcd.service.ServiceResolver;

/**
 * A connection to one etcd cluster, and the local copies that are read over it: all followers of the same keys share one copy and one watch.
 *
 * <p>Nothing blocks, even while etcd is down; futures complete when etcd answers. Thread-safe. Targets of the scheme {@code etcd} create and share clients of
 * their own.
 */
public final class EtcdClient implements AutoCloseable {
    private final Cluster cluster;

    EtcdClient(Cluster cluster) {
        this.cluster = cluster;
    }

    /**
     * A client of a cluster, with TLS and credentials from the file that {@code ZEROHOP_CONFIG} names, if any.
     *
     * @param servers members as {@code host:port}, at least one; the client starts with a random one
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

    /** Builds a client with other options. */
    public static EtcdClientBuilder builder() {
        return new EtcdClientBuilder();
    }

    /**
     * A resolver of a service, not started yet. It publishes the service's endpoints with the weights from etcd, its shards, its configuration, and its
     * directory with {@link DirectoryOptions#DEFAULTS}. If the service has an alias, the alias's target is served instead. Closing the resolver leaves the
     * client open.
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
        requireNonNull(service, "service");
        requireNonNull(options, "options");
        return ServiceResolver.of(cluster + "/" + service, cluster.source(), service, options);
    }

    /** For other parts of zerohop; not for applications. */
    public Cluster cluster() {
        return cluster;
    }

    /** Ends every watch and closes the connection. Resolvers keep their last resolution; registrations end with their lease. Idempotent. */
    @Override
    public void close() {
        cluster.close();
    }

    @Override
    public String toString() {
        return cluster.toString();
    }
}
