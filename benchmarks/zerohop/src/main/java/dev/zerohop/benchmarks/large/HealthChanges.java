package dev.zerohop.benchmarks.large;

import dev.zerohop.Health;
import dev.zerohop.HealthSource;
import dev.zerohop.Node;
import dev.zerohop.Snapshot;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Verdicts of a probe: one endpoint is found down, then one that was found down before is well again. A few are down at any time. */
final class HealthChanges implements ChangeSource {
    private static final HealthSource.Verdict DOWN =
            HealthSource.Verdict.lasting(Health.Status.UNHEALTHY, "the probe failed");
    private static final int DOWN_AT_ONCE = 25;

    /** Far apart in the list, and as good as never the same. */
    private static final int STEP = 7_919;

    private final int n;

    /** By which change an endpoint was last found down. */
    private final Map<String, Integer> downBy = new ConcurrentHashMap<>();

    HealthChanges(int n) {
        this.n = n;
    }

    @Override
    public void begin(Service service) throws Exception {
        service.push(Service.endpoints(n));
        service.pick();
    }

    private String id(int change) {
        return "orders-" + Math.floorMod((long) change / 2 * STEP, n);
    }

    @Override
    public void change(Service service, int number) {
        if (number % 2 == 0) {
            String id = id(number);
            downBy.put(id, number);
            service.verdicts().report(id, DOWN);
        } else if (number > 1 + 2 * DOWN_AT_ONCE) {
            service.verdicts().withdraw(id(number - 1 - 2 * DOWN_AT_ONCE));
        }
    }

    /** Changes are taken in order, so the newest that is seen says it all. */
    @Override
    public int shown(Snapshot snapshot, int known) {
        int newest = known;
        for (Node node : snapshot.impaired()) {
            newest = Math.max(newest, downBy.get(node.endpoint().id()));
        }
        return newest;
    }
}
