package dev.zerohop.demo.kubernetes;

import dev.zerohop.cli.DemoPlot;
import dev.zerohop.cli.DemoStep;
import dev.zerohop.cli.DemoTraffic;
import java.util.List;

/** The pods of a headless service share the calls equally. */
final class FoundStep implements DemoStep<KubernetesWorld> {
    @Override
    public String title() {
        return "Three pods, found through their EndpointSlices";
    }

    @Override
    public String story() {
        return "One gRPC channel and one HTTP client follow the service's EndpointSlices and call the pods directly: no proxy, no virtual IP."
                + " Each pod gets a third.";
    }

    @Override
    public void play(KubernetesWorld world, Notes notes) throws InterruptedException {
        world.cluster(3);
        List<DemoTraffic> both = KubernetesStory.spread(world);
        long begin = System.nanoTime();
        world.pass(1_500);
        long end = System.nanoTime();
        for (DemoTraffic traffic : both) {
            DemoTraffic.Window window = traffic.between(begin, end);
            for (int i = 0; i < 3; i++) {
                notes.share(traffic.name() + ": share of " + world.name(i), window.share(world.name(i)), 100.0 / 3, 4);
            }
            notes.noneFailed(traffic.name(), window);
            notes.plot(DemoPlot.rates(traffic, begin, end));
        }
    }
}
