package dev.zerohop.demo.kubernetes;

import dev.zerohop.cli.DemoStep;
import dev.zerohop.cli.DemoTraffic;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Checks of keyed streams. */
final class Keys {
    private Keys() {}

    /** Waits until these pods have answered in every stream, at most 15 s. */
    static void awaitAnswers(KubernetesWorld world, List<DemoTraffic> streams, long sinceNanos, String... pods)
            throws InterruptedException {
        for (int i = 0; i < 150; i++) {
            if (streams.stream()
                    .allMatch(stream -> Stream.of(pods).allMatch(pod -> stream.firstAnswer(pod, sinceNanos) != null))) {
                return;
            }
            world.pass(100);
        }
    }

    /** Checks that every key was seen, and answered by one pod only. */
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
