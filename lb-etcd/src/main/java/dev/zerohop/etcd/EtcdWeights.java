package dev.zerohop.etcd;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Resolver;
import dev.zerohop.etcd.client.ClientSource;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.service.WeightsResolver;

/** Weights from etcd for the endpoints of another source: that source supplies the endpoints, the key {@code weights} of a service supplies their weights. */
public final class EtcdWeights {

    private EtcdWeights() {}

    /**
     * The members of a resolver with the weights of a service in etcd, by endpoint id. Weight 0 takes no new traffic; an endpoint that is not named keeps its
     * own weight; a weight without an endpoint applies once the endpoint appears.
     *
     * <p>The two sources are independent: while one is unreachable its last values stay, and updates of the other still apply. After the start the first
     * endpoints wait for the weights, one second at most, so that no endpoint of weight 0 gets the first calls; if etcd fails or does not answer, the
     * members' own weights apply until it answers. Everything else that the members' source publishes (errors, configuration, shards, verdicts) passes
     * through.
     *
     * @param members not started; closed with the result
     * @param client stays open; it must outlive the result
     * @param service whose key {@code weights} is read
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
        return new WeightsResolver(name, members, source, new ServiceKeys(service));
    }
}
