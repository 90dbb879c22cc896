package dev.zerohop.grpc;

import dev.zerohop.Balancer;
import dev.zerohop.Node;
import dev.zerohop.Time;
import io.grpc.LoadBalancer;
import io.grpc.LoadBalancerProvider;
import io.grpc.LoadBalancerRegistry;
import io.grpc.NameResolver.ConfigOrError;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The zerohop policy under a name of its own, so that a test can look at the balancers behind its channels and count their subchannels. */
final class RecordingPolicy extends LoadBalancerProvider implements AutoCloseable {
    final List<ZerohopLoadBalancer> balancers = Collections.synchronizedList(new ArrayList<>());
    private final String name = "zerohop_" + System.nanoTime();

    private final Function<ChannelTime, Time> times;

    RecordingPolicy() {
        this(time -> time);
    }

    /** With a time of the test's instead of the channel's. */
    RecordingPolicy(Function<ChannelTime, Time> times) {
        this.times = times;
        LoadBalancerRegistry.getDefaultRegistry().register(this);
    }

    Map<String, ?> serviceConfig(String zerohop, @Nullable String methodConfig) {
        Map<String, Object> config = new java.util.LinkedHashMap<>(Json.serviceConfig(null, methodConfig));
        config.put("loadBalancingConfig", List.of(Map.of(name, Json.map(zerohop))));
        return config;
    }

    Balancer balancer() {
        return java.util.Objects.requireNonNull(
                balancers.get(balancers.size() - 1).balancer());
    }

    int inFlight() {
        int sum = 0;
        for (Node node : balancer().current().snapshot().members()) {
            sum += node.inFlight();
        }
        return sum;
    }

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
        return name;
    }

    @Override
    public ConfigOrError parseLoadBalancingPolicyConfig(Map<String, ?> tree) {
        return new ZerohopLoadBalancerProvider().parseLoadBalancingPolicyConfig(tree);
    }

    @Override
    public LoadBalancer newLoadBalancer(LoadBalancer.Helper helper) {
        ZerohopLoadBalancer made =
                new ZerohopLoadBalancer(helper, times.apply(new ChannelTime(helper.getScheduledExecutorService())));
        balancers.add(made);
        return made;
    }

    @Override
    public void close() {
        LoadBalancerRegistry.getDefaultRegistry().deregister(this);
    }
}
