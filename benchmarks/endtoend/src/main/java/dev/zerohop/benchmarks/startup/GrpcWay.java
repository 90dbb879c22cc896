package dev.zerohop.benchmarks.startup;

import dev.zerohop.benchmarks.endtoend.Echo;
import dev.zerohop.benchmarks.endtoend.FixedResolver;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannelBuilder;
import io.grpc.NameResolverRegistry;
import io.grpc.stub.ClientCalls;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A channel for each service; bare, with gRPC's own round robin over the same servers. */
final class GrpcWay implements Way {
    private final List<Channel> channels = new ArrayList<>();

    GrpcWay(boolean bare, int services, String[] ports) {
        if (bare) {
            NameResolverRegistry.getDefaultRegistry().register(new FixedResolver());
        }
        for (int service = 0; service < services; service++) {
            channels.add(
                    bare ? bare(ports) : builder(Way.target(service, ports, 0)).build());
        }
    }

    private static Channel bare(String[] ports) {
        return builder("fixed:///" + ports[0] + "," + ports[1] + "," + ports[2])
                .defaultServiceConfig(Map.of("loadBalancingConfig", List.of(Map.of("round_robin", Map.of()))))
                .build();
    }

    private static ManagedChannelBuilder<?> builder(String target) {
        return Grpc.newChannelBuilder(target, InsecureChannelCredentials.create());
    }

    @Override
    public void call(int service) {
        ClientCalls.blockingUnaryCall(channels.get(service), Echo.METHOD, CallOptions.DEFAULT, Echo.PAYLOAD);
    }
}
