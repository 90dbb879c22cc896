package dev.zerohop.sim;

import dev.zerohop.Health;
import dev.zerohop.HealthSource;
import dev.zerohop.Options;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The elected orchestrator as clients see it: probes every announced server, and publishes verdicts that hold for a time unless they are published again. */
final class Orchestrator extends Event {
    private final Spec spec;
    private final ControlPlane control;
    private final Events events;
    private final Stream chance;
    private final Map<String, Probed> probed = new HashMap<>();
    private Map<String, HealthSource.Verdict> published = Map.of();
    private long publishedNanos;
    private boolean lost;

    Orchestrator(Spec spec, ControlPlane control, Events events, long seed) {
        this.spec = spec;
        this.control = control;
        this.events = events;
        this.chance = Stream.of(seed, Stream.Purpose.ORCHESTRATOR);
    }

    /**
     * Its options, with the defaults of the real one.
     *
     * @param intervalNanos from probe to probe of a server
     * @param unhealthy probes in a row that must fail
     * @param healthy probes in a row that must be answered well
     * @param ttlNanos how long a verdict holds
     * @param maxDownPercent the largest share of the servers that is marked
     */
    record Spec(long intervalNanos, int unhealthy, int healthy, long ttlNanos, int maxDownPercent) {
        private static final int MOST_IN_A_ROW = 100;

        /** Null if the scenario has none. */
        static @Nullable Spec read(Options control) {
            if (!control.has("orchestrator")) {
                return null;
            }
            Options given = control.object("orchestrator", "interval", "unhealthy", "healthy", "ttl", "maxDownPercent");
            long interval = Times.read(given, "interval", 5 * Times.SECOND, 100 * Times.MILLISECOND, Times.HOUR);
            return new Spec(
                    interval,
                    given.integer("unhealthy", 3, 1, MOST_IN_A_ROW),
                    given.integer("healthy", 2, 1, MOST_IN_A_ROW),
                    Times.read(given, "ttl", 30 * Times.SECOND, Times.SECOND, Times.HOUR),
                    given.integer("maxDownPercent", 50, 0, 100));
        }
    }

    /** What the probes of one server have shown. */
    private static final class Probed {
        private @Nullable Server server;
        private int failures;
        private int successes;
        private boolean down;
    }

    void start() {
        events.at(events.nowNanos() + spec.intervalNanos(), this);
    }

    /** All of its processes end, and new ones start after a while: nothing is probed or published meanwhile. */
    void lose() {
        lost = true;
    }

    /** The new ones find the marks of those before, and count probes from none. */
    void restart() {
        lost = false;
        publishedNanos = events.nowNanos() - spec.ttlNanos();
        probed.values().forEach(record -> {
            record.failures = 0;
            record.successes = 0;
        });
    }

    @Override
    void fire() {
        if (!lost) {
            probe();
            publish();
        }
        events.at(events.nowNanos() + spec.intervalNanos(), this);
    }

    private void probe() {
        probed.keySet().retainAll(control.announcedIds());
        for (String id : control.announcedIds()) {
            Server server = control.running(id);
            Probed record = probed.computeIfAbsent(id, first -> new Probed());
            if (server != record.server) {
                record.server = server;
                record.failures = 0;
                record.successes = 0;
            }
            if (server != null && server.probed(chance) == Server.Probed.WELL) {
                record.failures = 0;
                record.successes++;
                record.down &= record.successes < spec.healthy();
            } else {
                record.successes = 0;
                record.failures++;
                record.down |= record.failures >= spec.unhealthy();
            }
        }
    }

    private void publish() {
        Map<String, HealthSource.Verdict> verdicts = new LinkedHashMap<>();
        List<String> ids = new ArrayList<>(control.announcedIds());
        int most = ids.size() * spec.maxDownPercent() / 100;
        for (String id : ids) {
            Probed record = probed.get(id);
            if (record != null && record.down && verdicts.size() < most) {
                verdicts.put(
                        id,
                        new HealthSource.Verdict(
                                Health.Status.UNHEALTHY, "probes of the orchestrator fail", spec.ttlNanos()));
            }
        }
        boolean renewal = !verdicts.isEmpty() && events.nowNanos() - publishedNanos >= spec.ttlNanos() / 3;
        if (renewal || !verdicts.keySet().equals(published.keySet())) {
            published = verdicts;
            publishedNanos = events.nowNanos();
            control.publish(verdicts);
        }
    }
}
