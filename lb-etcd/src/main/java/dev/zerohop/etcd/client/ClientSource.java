package dev.zerohop.etcd.client;

import com.google.common.net.HostAndPort;
import dev.zerohop.Cancellable;
import dev.zerohop.Env;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.watch.Reflector;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Supplies a resolver with its client once the resolver is started.
 *
 * @param servers the cluster
 * @param id the name of the client
 * @param uses supplies the client, to be used until the use is closed
 */
public record ClientSource(List<HostAndPort> servers, ClientId id, Env env, Supplier<Use> uses) {

    /** A client that may be used until the use is closed. */
    public interface Use extends AutoCloseable {
        /** Follows the ranges until cancelled. */
        Cancellable follow(List<KeyRange> ranges, Reflector.Subscriber<Entry, Version> subscriber);

        /** For keys that are read one by one. */
        KeyStore store();

        /** Accepts the values that one resolver of the service rejects at present. */
        Consumer<List<RejectedValue>> status(ServiceKeys service);

        /** Accepts the values that one resolver of a golb zone rejects at present. */
        Consumer<List<RejectedValue>> zoneStatus(String zone);

        @Override
        void close();
    }

    /**
     * The process's client of this cluster, which is closed with its last use. The configuration file is read now, and only once.
     *
     * @throws IllegalArgumentException if the configuration file cannot be used
     */
    public static ClientSource shared(List<HostAndPort> servers, Env env) {
        ConfigFile file = ConfigFile.ofTheProcess();
        file.check(servers);
        Access access = file.accessTo(servers);
        ClientId id = ClientId.of(file.clientId());
        return new ClientSource(servers, id, env, () -> SharedClients.OF_THE_PROCESS.use(servers, access, id, env));
    }

    /** A use of a client that runs {@code end} when it is closed. */
    static Use use(Cluster client, Runnable end) {
        return new Use() {
            @Override
            public Cancellable follow(List<KeyRange> ranges, Reflector.Subscriber<Entry, Version> subscriber) {
                return client.follow(ranges, subscriber);
            }

            @Override
            public KeyStore store() {
                return client.store();
            }

            @Override
            public Consumer<List<RejectedValue>> status(ServiceKeys service) {
                return client.statuses().of(service);
            }

            @Override
            public Consumer<List<RejectedValue>> zoneStatus(String zone) {
                return client.statuses().ofZone(zone);
            }

            @Override
            public void close() {
                end.run();
            }
        };
    }

    /** Follows the ranges over the client until cancelled. */
    public Cancellable follow(List<KeyRange> ranges, Reflector.Subscriber<Entry, Version> subscriber) {
        Use use = uses.get();
        Cancellable following = use.follow(ranges, subscriber);
        return () -> {
            following.cancel();
            use.close();
        };
    }

    /** Whether {@code others} is the same cluster: at least one server is in both lists. */
    public boolean sameCluster(List<HostAndPort> others) {
        return servers.stream().anyMatch(others::contains);
    }
}
