package dev.zerohop.grpc;

import dev.zerohop.BalancerSettings;
import dev.zerohop.Printable;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancerProvider;
import io.grpc.NameResolver.ConfigOrError;
import io.grpc.Status;
import java.util.Map;

/**
 * The policy {@code zerohop}: {@code {"loadBalancingConfig": [{"zerohop": {...}}]}}, where the inner object is zerohop's configuration. Found by
 * {@link java.util.ServiceLoader}; applications do not use it.
 */
public final class ZerohopLoadBalancerProvider extends LoadBalancerProvider {

    /** For {@link java.util.ServiceLoader}. */
    public ZerohopLoadBalancerProvider() {}

    @Override
    public boolean isAvailable() {
        return true;
    }

    @Override
    public int getPriority() {
        return 5;
    }

    @Override
    public String getPolicyName() {
        return ZerohopGrpc.POLICY;
    }

    @Override
    public LoadBalancer newLoadBalancer(LoadBalancer.Helper helper) {
        return new HealthChecks(helper, new LoadBalancer.Factory() {
            @Override
            public LoadBalancer newLoadBalancer(LoadBalancer.Helper inner) {
                return new ZerohopLoadBalancer(inner, new ChannelTime(inner.getScheduledExecutorService()));
            }
        });
    }

    @Override
    public ConfigOrError parseLoadBalancingPolicyConfig(Map<String, ?> tree) {
        try {
            return ConfigOrError.fromConfig(ChannelSettings.parse(tree));
        } catch (IllegalArgumentException rejected) {
            return ConfigOrError.fromError(Status.UNAVAILABLE
                    .withDescription(Printable.text("zerohop: " + rejected.getMessage()))
                    .withCause(rejected));
        }
    }

    /**
     * What a service config says.
     *
     * @param settings how to balance
     * @param configured whether the application stated anything; an empty object leaves the choice to the source
     */
    record ChannelSettings(BalancerSettings settings, boolean configured) {

        static final ChannelSettings NOT_CONFIGURED = new ChannelSettings(GrpcSettings.defaults(), false);

        static ChannelSettings parse(Map<String, ?> tree) {
            return tree.isEmpty() ? NOT_CONFIGURED : new ChannelSettings(GrpcSettings.parse(tree), true);
        }
    }
}
