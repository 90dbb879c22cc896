package dev.zerohop.grpc;

import io.grpc.ConnectivityState;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancerProvider;
import io.grpc.NameResolver.ConfigOrError;
import io.grpc.Status;
import java.util.Map;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/**
 * Makes {@code zerohop} the policy of channels to zerohop's targets for which no policy was chosen. In grpc-java that is {@code pick_first}, and
 * the one other way to change it, a service config from the resolver, would replace the application's own service config and lose its {@code methodConfig}.
 *
 * <p>So this provider takes the name {@code pick_first} and hands every channel on to grpc's own, unless both hold: the resolution result comes from a
 * zerohop resolver, and no configuration for {@code pick_first} was given. Found by {@link ServiceLoader}; applications do not use it.
 */
public final class DefaultPolicyProvider extends LoadBalancerProvider {
    private static final String NAME = "pick_first";

    /** For {@link ServiceLoader}. */
    public DefaultPolicyProvider() {}

    @Override
    public boolean isAvailable() {
        return Original.PROVIDER != null;
    }

    @Override
    public int getPriority() {
        // Above grpc's own, which has the default of 5.
        return 6;
    }

    @Override
    public String getPolicyName() {
        return NAME;
    }

    @Override
    public ConfigOrError parseLoadBalancingPolicyConfig(Map<String, ?> tree) {
        return original().parseLoadBalancingPolicyConfig(tree);
    }

    @Override
    public LoadBalancer newLoadBalancer(LoadBalancer.Helper helper) {
        return new Undecided(helper, original());
    }

    private static LoadBalancerProvider original() {
        LoadBalancerProvider found = Original.PROVIDER;
        if (found == null) {
            throw new IllegalStateException(
                    "grpc's own pick_first was not found, expected grpc-core on the class path");
        }
        return found;
    }

    /** Looked up on first use: gRPC's registry is being filled when this class is loaded. */
    private static final class Original {
        static final @Nullable LoadBalancerProvider PROVIDER = find();

        private static @Nullable LoadBalancerProvider find() {
            for (LoadBalancerProvider provider :
                    ServiceLoader.load(LoadBalancerProvider.class, LoadBalancerProvider.class.getClassLoader())) {
                if (!(provider instanceof DefaultPolicyProvider)
                        && provider.getPolicyName().equals(NAME)
                        && provider.isAvailable()) {
                    return provider;
                }
            }
            return null;
        }
    }

    /** Decides at each answer of the resolver; in practice the first one settles it. */
    private static final class Undecided extends LoadBalancer {
        private final Helper helper;
        private final LoadBalancerProvider original;
        private @Nullable LoadBalancer delegate;
        private boolean ours;

        Undecided(Helper helper, LoadBalancerProvider original) {
            this.helper = helper;
            this.original = original;
        }

        @Override
        public Status acceptResolvedAddresses(ResolvedAddresses resolved) {
            boolean wantsOurs = resolved.getLoadBalancingPolicyConfig() == null
                    && resolved.getAttributes().get(ZerohopNameResolver.SIDE_CHANNEL) != null;
            return delegate(wantsOurs).acceptResolvedAddresses(resolved);
        }

        private LoadBalancer delegate(boolean wantsOurs) {
            LoadBalancer now = delegate;
            if (now != null && ours == wantsOurs) {
                return now;
            }
            if (now != null) {
                helper.updateBalancingState(
                        ConnectivityState.CONNECTING, new FixedResultPicker(PickResult.withNoResult()));
                now.shutdown();
            }
            ours = wantsOurs;
            LoadBalancer next = wantsOurs
                    ? new ZerohopLoadBalancerProvider().newLoadBalancer(helper)
                    : original.newLoadBalancer(helper);
            delegate = next;
            return next;
        }

        @Override
        public void handleNameResolutionError(Status error) {
            LoadBalancer now = delegate;
            (now == null ? delegate(false) : now).handleNameResolutionError(error);
        }

        @Override
        public void requestConnection() {
            LoadBalancer now = delegate;
            if (now != null) {
                now.requestConnection();
            }
        }

        @Override
        public void shutdown() {
            LoadBalancer now = delegate;
            if (now != null) {
                now.shutdown();
            }
        }
    }
}
