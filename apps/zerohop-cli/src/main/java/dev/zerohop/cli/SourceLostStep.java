package dev.zerohop.cli;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerListener;
import dev.zerohop.config.Configurations;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** Without the source of endpoints, the last good set stays in force. */
final class SourceLostStep implements DemoStep<FileWorld> {
    @Override
    public String title() {
        return "The source of endpoints goes away";
    }

    @Override
    public String story() {
        return "The source can no longer be read. That is an error, not an empty answer: the last good set stays in force, its age is visible,"
                + " and traffic continues unchanged.";
    }

    @Override
    public void play(FileWorld world, Notes notes) throws InterruptedException {
        world.cluster(3);
        List<DemoTraffic> both = List.of(
                world.stream("gRPC", "grpc", FileStory.WEIGHTED), world.stream("HTTP", "http", FileStory.WEIGHTED));
        AtomicBoolean stale = new AtomicBoolean();
        try (Balancer watching = Balancer.builder("demo")
                .resolver(Targets.newResolver(world.target("http")))
                .settings(Configurations.defaults())
                .listener(new BalancerListener() {
                    @Override
                    public void onStale(String service, Duration age, Throwable cause) {
                        stale.set(true);
                    }
                })
                .build()) {
            watching.start();
            long begin = System.nanoTime();
            world.pass(400);
            world.loseSource();
            long lost = System.nanoTime();
            world.pass(1_700);
            long end = System.nanoTime();
            notes.check("the set is marked stale", stale.get() ? "yes" : "no", "yes", stale.get());
            for (DemoTraffic traffic : both) {
                DemoTraffic.Window settled = traffic.between(end - 1_000_000_000L, end);
                for (int i = 0; i < 3; i++) {
                    notes.share(traffic.name() + ": share of orders-" + i, settled.share("orders-" + i), 100.0 / 3, 4);
                }
                notes.noneFailed(traffic.name(), traffic.between(begin, end));
                notes.plot(DemoPlot.rates(traffic, begin, end, DemoPlot.mark(begin, lost, "the source is gone")));
            }
        }
    }
}
