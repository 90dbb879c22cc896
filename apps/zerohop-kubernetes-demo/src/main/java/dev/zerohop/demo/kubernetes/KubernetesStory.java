package dev.zerohop.demo.kubernetes;

import dev.zerohop.EndpointSelector;
import dev.zerohop.cli.DemoStep;
import dev.zerohop.cli.DemoStory;
import dev.zerohop.cli.DemoTraffic;
import dev.zerohop.cli.DemoWorld;
import dev.zerohop.kubernetes.KubernetesDiscovery;
import dev.zerohop.kubernetes.KubernetesOptions;
import java.net.URI;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;

/** A StatefulSet of sharded servers through the events of a cluster. */
public final class KubernetesStory implements DemoStory<KubernetesWorld> {
    static final String WEIGHTED = "{\"policy\": \"weighted_round_robin\"}";
    static final String SHARDED = "{\"policy\": {\"shard\": {\"ownerDown\": \"WAIT\"}}}";

    /** How many keys the keyed streams use. */
    static final int KEYS = 60;

    private final MockApiServer api;
    private int worlds;

    /** For the service loader. */
    public KubernetesStory() {
        // The client logs each request.
        Logger.getLogger("io.fabric8").setLevel(Level.OFF);
        api = new MockApiServer();
        KubernetesDiscovery.useForTargets(
                KubernetesOptions.builder().apiServer(URI.create(api.url())).build());
    }

    @Override
    public String option() {
        return "kubernetes";
    }

    @Override
    public KubernetesWorld open(DemoWorld.Opening opening) {
        return new KubernetesWorld(opening, api, "demo-" + ++worlds);
    }

    @Override
    public List<DemoTraffic> warmUp(KubernetesWorld world) throws InterruptedException {
        world.cluster(3);
        return keyed(world);
    }

    @Override
    public List<DemoStep<KubernetesWorld>> steps() {
        return List.of(new FoundStep(), new ScaleStep(), new RestartStep(), new RollStep(), new ApiServerGoneStep());
    }

    /** A stream of keyed calls for each transport. */
    static List<DemoTraffic> keyed(KubernetesWorld world) throws InterruptedException {
        return List.of(
                world.stream("gRPC", "grpc", SHARDED, number -> EndpointSelector.of(number % KEYS)),
                world.stream("HTTP", "http", SHARDED, number -> EndpointSelector.of(number % KEYS)));
    }

    /** A stream of calls without keys for each transport. */
    static List<DemoTraffic> spread(KubernetesWorld world) throws InterruptedException {
        return List.of(world.stream("gRPC", "grpc", WEIGHTED), world.stream("HTTP", "http", WEIGHTED));
    }

    @Override
    public void close() {
        api.close();
    }
}
