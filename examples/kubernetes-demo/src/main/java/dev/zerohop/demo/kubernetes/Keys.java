package dev.zerohop.demo.kubernetes;

import dev.zerohop.cli.DemoStep;
import dev.zerohop.cli.DemoTraffic;
import java.util.Map;
import java.util.Set;

/** What keyed streams have to show. */
final class Keys {
    private Keys() {}

    /** Every key was seen, and answered by one pod only. */
    static void noneMoved(DemoTraffic traffic, DemoStep.Notes notes) {
        Map<Long, Set<String>> owners = traffic.serversByKey(KubernetesStory.KEYS);
        long moved = owners.values().stream().filter(each -> each.size() > 1).count();
        notes.check(
                traffic.name() + ": keys answered by one pod only",
                owners.size() - moved + " of " + KubernetesStory.KEYS,
                "all " + KubernetesStory.KEYS,
                moved == 0 && owners.size() == KubernetesStory.KEYS);
    }
}
