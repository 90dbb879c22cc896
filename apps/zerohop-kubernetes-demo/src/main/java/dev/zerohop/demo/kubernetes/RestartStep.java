package dev.zerohop.demo.kubernetes;

import dev.zerohop.cli.DemoPlot;
import dev.zerohop.cli.DemoStep;
import dev.zerohop.cli.DemoTraffic;
import dev.zerohop.cli.EchoServer;
import java.util.List;

/** A pod that comes back with another address keeps its keys. */
final class RestartStep implements DemoStep<KubernetesWorld> {
    @Override
    public String title() {
        return "kubectl delete pod orders-1";
    }

    @Override
    public String story() {
        return "One pod terminates, is gone for a moment, and comes back with another IP. Calls for its keys wait for it (ownerDown WAIT); they are"
                + " not sent to another pod, and the keys of other pods are not affected.";
    }

    @Override
    public void play(KubernetesWorld world, Notes notes) throws InterruptedException {
        world.cluster(3);
        List<DemoTraffic> both = KubernetesStory.keyed(world);
        long begin = System.nanoTime();
        world.pass(1_000);
        EchoServer old = world.pod(1);
        long deleted = System.nanoTime();
        world.replace(1);
        long back = System.nanoTime();
        world.pass(1_500);
        long end = System.nanoTime();
        String before = address(old);
        String after = address(world.pod(1));
        notes.check("address of orders-1", before + " -> " + after, "another one", !before.equals(after));
        for (DemoTraffic traffic : both) {
            Keys.noneMoved(traffic, notes);
            notes.check(
                    traffic.name() + ": orders-1 answers again",
                    traffic.between(back, end).byServer().getOrDefault("orders-1", 0L) + " calls",
                    "more than 0",
                    traffic.between(back, end).byServer().containsKey("orders-1"));
            notes.noneFailed(traffic.name(), traffic.between(begin, end));
            notes.plot(DemoPlot.rates(
                    traffic,
                    begin,
                    end,
                    DemoPlot.mark(begin, deleted, "orders-1 terminates"),
                    DemoPlot.mark(begin, back, "back with another IP")));
        }
    }

    private static String address(EchoServer pod) {
        return pod.host() + ":" + pod.httpPort();
    }
}
