package dev.zerohop.etcd;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Resolver;
import dev.zerohop.etcd.client.ClientSource;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.service.WeightsResolver;

/**
 * Weights from etcd laid over endpoints from elsewhere: Kubernetes or DNS says which endpoints there are, and the writer of the key {@code weights} of a service says how
 * much of the traffic each one takes.
 */
public final class EtcdWeights {

    private EtcdWeights() {}

    /**
     * The members of a resolver with the weights of a service in etcd laid over them by endpoint id. Weight 0 takes no new traffic; who is not named keeps
     * the weight that the members' source gave; weights of ids that nobody has wait for somebody to have them.
     *
     * <p>The two sources do not stop each other. While etcd is away the last weights stay and members go on coming and going; while the members' source is
     * away its last members stay, and weights go on moving. A start waits for the weights for one second at most, so that nobody whose weight is 0 gets
     * the first calls; if etcd fails or is silent, the members' own weights hold until it answers. Everything else that the members' source says
     * (errors, configuration, shards, verdicts) passes through.
     *
     * @param members not started; closed with the result
     * @param client stays open; it must outlive the result
     * @param service whose {@code weights} key is laid over them
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
