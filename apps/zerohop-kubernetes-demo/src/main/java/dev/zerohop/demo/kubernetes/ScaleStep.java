package dev.zerohop.demo.kubernetes;

import dev.zerohop.cli.DemoPlot;
import dev.zerohop.cli.DemoStep;
import dev.zerohop.cli.DemoTraffic;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Growing the StatefulSet moves only the keys that the new pods now own. */
final class ScaleStep implements DemoStep<KubernetesWorld> {
    private static final double SOON_SECONDS = 2;

    @Override
    public String title() {
        return "kubectl scale statefulset orders --replicas=5";
    }

    @Override
    public String story() {
        return "Sixty keys have their owners among three pods. The StatefulSet grows to five. The new count takes effect when every new pod has been ready;"
                + " then a key is either where it was or on a new pod, and no call fails.";
    }

    @Override
    public void play(KubernetesWorld world, Notes notes) throws InterruptedException {
        world.cluster(3);
        List<DemoTraffic> both = KubernetesStory.keyed(world);
        long begin = System.nanoTime();
        world.pass(1_000);
        world.replicas(5);
        world.pass(400);
        world.startNext();
        world.pass(400);
        world.startNext();
        long settled = System.nanoTime();
        Keys.awaitAnswers(world, both, begin, "orders-3", "orders-4");
        world.pass(1_200);
        long end = System.nanoTime();
        for (DemoTraffic traffic : both) {
            for (String newcomer : List.of("orders-3", "orders-4")) {
                Double first = traffic.firstAnswer(newcomer, begin);
                double seconds = first == null ? Double.MAX_VALUE : first - (settled - begin) / 1e9;
                notes.check(
                        traffic.name() + ": first answer of " + newcomer,
                        first == null
                                ? "never"
                                : String.format(Locale.ROOT, "%.2f s after both were ready", Math.max(0, seconds)),
                        "within 2 s",
                        seconds <= SOON_SECONDS);
            }
            Map<Long, Set<String>> owners = traffic.serversByKey(KubernetesStory.KEYS);
            long moved =
                    owners.values().stream().filter(each -> each.size() > 1).count();
            long between = owners.values().stream()
                    .filter(each -> {
                        Set<String> old = new TreeSet<>(each);
                        old.removeAll(Set.of("orders-3", "orders-4"));
                        return old.size() > 1;
                    })
                    .count();
            notes.check(
                    traffic.name() + ": keys that moved to a new pod",
                    moved - between + " of " + KubernetesStory.KEYS,
                    "some",
                    moved > between && owners.size() == KubernetesStory.KEYS);
            notes.check(traffic.name() + ": keys that moved between old pods", between + "", "0", between == 0);
            notes.noneFailed(traffic.name(), traffic.between(begin, end));
            notes.plot(DemoPlot.rates(traffic, begin, end, DemoPlot.mark(begin, settled, "five pods are ready")));
        }
    }
}
