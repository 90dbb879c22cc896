package dev.zerohop.demo.kubernetes;

import dev.zerohop.cli.DemoPlot;
import dev.zerohop.cli.DemoStep;
import dev.zerohop.cli.DemoTraffic;
import java.util.List;

/** A rolling update of all pods costs no call and moves no key. */
final class RollStep implements DemoStep<KubernetesWorld> {
    private static final int PODS = 3;

    @Override
    public String title() {
        return "kubectl rollout restart statefulset orders";
    }

    @Override
    public String story() {
        return "All pods are replaced, from the highest ordinal down, each with another IP, while keyed calls go on. No call fails and no key moves.";
    }

    @Override
    public void play(KubernetesWorld world, Notes notes) throws InterruptedException {
        world.cluster(PODS);
        List<DemoTraffic> both = KubernetesStory.keyed(world);
        long begin = System.nanoTime();
        world.pass(1_000);
        long rolled = System.nanoTime();
        for (int ordinal = PODS - 1; ordinal >= 0; ordinal--) {
            world.replace(ordinal);
            world.pass(500);
        }
        long done = System.nanoTime();
        world.pass(1_000);
        long end = System.nanoTime();
        for (DemoTraffic traffic : both) {
            Keys.noneMoved(traffic, notes);
            notes.noneFailed(traffic.name(), traffic.between(begin, end));
            notes.plot(DemoPlot.rates(
                    traffic,
                    begin,
                    end,
                    DemoPlot.mark(begin, rolled, "the roll-out begins"),
                    DemoPlot.mark(begin, done, "all replaced")));
        }
    }
}
