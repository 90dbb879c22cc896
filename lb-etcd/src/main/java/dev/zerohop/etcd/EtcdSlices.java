package dev.zerohop.etcd;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Resolver;
import dev.zerohop.etcd.client.ClientSource;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.service.SlicesResolver;

/** The assignment of keys from etcd for the endpoints of another source: that source supplies the endpoints, such as the pods of a cluster, and a service in etcd says who owns which keys. */
public final class EtcdSlices {

    private EtcdSlices() {}

    /**
     * The members of a resolver with the assignment of keys of a service in etcd, whose owners are named by endpoint id.
     *
     * <p>The two sources are independent: while one is unreachable its last values stay, and updates of the other still apply. After the start the first endpoints wait for the
     * assignment, one second at most; if etcd fails or does not answer, they come without one until it does, and a policy that places keys by it waits as for a source that has not
     * answered. Everything else that the members' source publishes (errors, configuration, shards, verdicts) passes through. A target
     * {@code etcd://host:2379/service} has the assignment of its service already.
     *
     * @param members not started; closed with the result
     * @param client stays open; it must outlive the result
     * @param service whose assignment is read
     * @return a resolver that has not been started
     * @throws IllegalArgumentException if the service is blank or has a slash
     */
    public static Resolver over(Resolver members, EtcdClient client, String service) {
        return over(
                client + "/" + service + " over " + members,
                requireNonNull(members, "members"),
                requireNonNull(client, "client").cluster().source(),
                requireNonNull(service, "service"));
    }

    static Resolver over(String name, Resolver members, ClientSource source, String service) {
        return new SlicesResolver(name, members, source, new ServiceKeys(service));
    }
}
