package dev.zerohop.demo.kubernetes;

import dev.zerohop.cli.DemoPlot;
import dev.zerohop.cli.DemoStep;
import dev.zerohop.cli.DemoTraffic;
import java.util.List;
import java.util.Locale;

/** Without its API server the last good set stays in force. */
final class ApiServerGoneStep implements DemoStep<KubernetesWorld> {
    private static final double SOON_SECONDS = 5;

    @Override
    public String title() {
        return "The API server is gone for ten seconds";
    }

    @Override
    public String story() {
        return "The endpoints cannot be read. The last good set stays in force; a pod that crashes meanwhile is detected by failed calls,"
                + " which go to the others. When the API server answers again, the pod that came back is found.";
    }

    @Override
    public void play(KubernetesWorld world, Notes notes) throws InterruptedException {
        world.cluster(3);
        List<DemoTraffic> both = KubernetesStory.spread(world);
        long begin = System.nanoTime();
        world.pass(1_000);
        long gone = System.nanoTime();
        world.api().stop();
        world.pass(4_000);
        long crashed = System.nanoTime();
        world.crash(2);
        world.pass(6_000);
        world.api().restart();
        long back = System.nanoTime();
        world.recover(2);
        Keys.awaitAnswers(world, both, back, "orders-2");
        world.pass(2_000);
        long end = System.nanoTime();
        for (DemoTraffic traffic : both) {
            DemoTraffic.Window alone = traffic.between(end - 1_000_000_000L, end);
            Double first = traffic.firstAnswer("orders-2", back);
            notes.check(
                    traffic.name() + ": first answer of the new orders-2",
                    first == null ? "never" : String.format(Locale.ROOT, "%.2f s", first),
                    "within 5 s of the API server's return",
                    first != null && first <= SOON_SECONDS);
            for (int i = 0; i < 3; i++) {
                notes.share(
                        traffic.name() + ": share of " + world.name(i) + " at the end",
                        alone.share(world.name(i)),
                        100.0 / 3,
                        5);
            }
            notes.noneFailed(traffic.name(), traffic.between(begin, end));
            notes.plot(DemoPlot.rates(
                    traffic,
                    begin,
                    end,
                    DemoPlot.mark(begin, gone, "API server gone"),
                    DemoPlot.mark(begin, crashed, "orders-2 crashes"),
                    DemoPlot.mark(begin, back, "both are back")));
        }
    }
}
