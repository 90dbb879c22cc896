package dev.zerohop.etcd;

import com.google.common.net.HostAndPort;
import dev.zerohop.Cancellable;
import dev.zerohop.Env;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * How a resolver comes by its client once it is started.
 *
 * @param servers the cluster
 * @param id what the client is called
 * @param env clock, dice and threads
 * @param uses gives the client until the use is closed
 */
record ClientSource(List<HostAndPort> servers, ClientId id, Env env, Supplier<Use> uses) {

    /** A client for as long as somebody uses it. */
    interface Use extends AutoCloseable {
        /** Follows the ranges until cancelled. */
        Cancellable follow(List<KeyRange> ranges, Reflector.Subscriber subscriber);

        /** Takes all that one resolver of the service refuses at present. */
        Consumer<List<Refused>> status(ServiceKeys service);

        @Override
        void close();
    }

    /** The process's client of this cluster, which ends with its last use. */
    static ClientSource shared(List<HostAndPort> servers, Env env) {
        ConfigFile file = ConfigFile.ofTheProcess();
        file.check(servers);
        return new ClientSource(
                servers, ClientId.of(file.clientId()), env, () -> SharedClients.OF_THE_PROCESS.use(servers, env));
    }

    /** Uses a client, and does something at the end. */
    static Use use(EtcdClient client, Runnable end) {
        return new Use() {
            @Override
            public Cancellable follow(List<KeyRange> ranges, Reflector.Subscriber subscriber) {
                return client.follow(ranges, subscriber);
            }

            @Override
            public Consumer<List<Refused>> status(ServiceKeys service) {
                return client.statuses().of(service)::set;
            }

            @Override
            public void close() {
                end.run();
            }
        };
    }

    /** Follows the ranges over the client until cancelled. */
    Cancellable follow(List<KeyRange> ranges, Reflector.Subscriber subscriber) {
        Use use = uses.get();
        Cancellable following = use.follow(ranges, subscriber);
        return () -> {
            following.cancel();
            use.close();
        };
    }

    /** Whether both lead to one cluster: they name a server in common. */
    boolean sameCluster(List<HostAndPort> others) {
        return servers.stream().anyMatch(others::contains);
    }
}
