package dev.zerohop.sim;

import dev.zerohop.BalancerSettings;
import org.jspecify.annotations.Nullable;

/**
 * One of the policies that are compared.
 *
 * @param name as it was asked for
 * @param settings the whole configuration, with this policy; a policy of another library uses nothing of it
 * @param peer makes balancers of another library; null for zerohop's
 */
public record Policy(String name, BalancerSettings settings, ClientBalancer.@Nullable Factory peer) {
    Policy(String name, BalancerSettings settings) {
        this(name, settings, null);
    }

    /** What makes the balancer of each client. */
    ClientBalancer.Factory balancers() {
        return peer != null
                ? peer
                : (index, zone, env, world) ->
                        new ZerohopBalancer(index, Policies.ofClient(settings, index), env, world);
    }
}
