package dev.zerohop.examples.kubernetes;

import dev.zerohop.EndpointSelector;
import dev.zerohop.grpc.ZerohopGrpc;
import io.grpc.CallOptions;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Calls a gRPC target at a steady rate and prints once a second which pods answered. The same program serves every way to reach a service; only the target
 * and the policy differ.
 *
 * <p>Environment: {@code TARGET}, {@code POLICY} (gRPC's name of a policy; empty for the target's own default), {@code SHARDED} (true: each account's calls
 * go to the pod that owns it), {@code CALLS_PER_SECOND} (50).
 */
public final class OrdersClient {
    private OrdersClient() {}

    /** Runs until it is stopped. */
    public static void main(String[] args) throws Exception {
        Environment environment = new Environment(System.getenv());
        String target = environment.text("TARGET", "k8s:///orders:grpc");
        int perSecond = environment.number("CALLS_PER_SECOND", 50, 1, 10_000);
        boolean sharded = Boolean.parseBoolean(environment.text("SHARDED", "false"));
        ManagedChannel channel = channel(target, environment.text("POLICY", ""), sharded);
        System.out.println("calling " + target + " " + perSecond + " times a second");
        while (true) {
            System.out.println(second(channel, perSecond));
        }
    }

    static ManagedChannel channel(String target, String policy, boolean sharded) {
        ManagedChannelBuilder<?> builder = Grpc.newChannelBuilder(target, InsecureChannelCredentials.create());
        if (sharded) {
            Map<String, ?> shard = Map.of("policy", Map.of("shard", Map.of("ownerDown", "WAIT")));
            builder.defaultServiceConfig(Map.of("loadBalancingConfig", List.of(Map.of(ZerohopGrpc.POLICY, shard))));
        } else if (!policy.isEmpty()) {
            builder.defaultServiceConfig(Map.of("loadBalancingConfig", List.of(Map.of(policy, Map.of()))));
        }
        return builder.build();
    }

    /** Sends calls for one second; returns how many each pod answered and how many failed. */
    static String second(ManagedChannel channel, int perSecond) {
        Map<String, Integer> answers = new TreeMap<>();
        long begin = System.nanoTime();
        for (int i = 0; i < perSecond; i++) {
            LockSupport.parkNanos(begin + i * TimeUnit.SECONDS.toNanos(1) / perSecond - System.nanoTime());
            answers.merge(place(channel, "account-" + i), 1, Integer::sum);
        }
        LockSupport.parkNanos(begin + TimeUnit.SECONDS.toNanos(1) - System.nanoTime());
        return answers.toString();
    }

    private static String place(ManagedChannel channel, String account) {
        try {
            // Policies other than zerohop's ignore the key.
            CallOptions options = CallOptions.DEFAULT
                    .withOption(ZerohopGrpc.SELECTOR, EndpointSelector.of(account))
                    .withDeadlineAfter(1, TimeUnit.SECONDS);
            return ClientCalls.blockingUnaryCall(channel, Orders.PLACE, options, account);
        } catch (StatusRuntimeException failed) {
            return "failed " + failed.getStatus().getCode();
        }
    }
}
