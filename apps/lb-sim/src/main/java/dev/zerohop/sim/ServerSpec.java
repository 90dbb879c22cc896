package dev.zerohop.sim;

import dev.zerohop.Options;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One server, or several that are alike.
 *
 * @param ids their names
 * @param capacity what one can do
 * @param zones where they stand, in turn; empty for nowhere in particular
 * @param weight what discovery says of one
 * @param faults what goes wrong with each
 * @param antagonist what takes capacity from each now and then; null for nothing
 * @param cache what each keeps of the beginnings that it has worked on; null for nothing
 */
record ServerSpec(
        List<String> ids,
        Capacity capacity,
        List<String> zones,
        int weight,
        List<Fault> faults,
        @Nullable Antagonist antagonist,
        WarmCache.@Nullable Spec cache) {
    static final String[] FIELDS = {
        "id",
        "count",
        "concurrency",
        "queue",
        "whenFull",
        "sharing",
        "speed",
        "warmUp",
        "zone",
        "zones",
        "weight",
        "faults",
        "antagonist",
        "cache"
    };

    static final int MAX_SERVERS = 60_000;

    /**
     * What a server can do.
     *
     * @param places on how many calls it works, and how many wait
     * @param speed how fast it works
     * @param coldSpeed the share of its speed with which it starts
     * @param warmUpNanos how long it takes to reach its speed, in even steps
     */
    record Capacity(Places places, double speed, double coldSpeed, long warmUpNanos) {
        /** The default. */
        static final long WARM_UP_NANOS = 30 * Times.SECOND;

        static Capacity read(Options options) {
            Options warmUp = options.object("warmUp", "time", "speed");
            boolean warms = options.has("warmUp");
            return new Capacity(
                    Places.read(options),
                    options.number("speed", 1, 0.0001, 1_000),
                    warms ? warmUp.number("speed", 0.33, 0.0001, 1) : 1,
                    warms ? Times.read(warmUp, "time", WARM_UP_NANOS, Times.MILLISECOND, Times.HOUR) : 0);
        }
    }

    /**
     * On how many calls a server works, and how many wait.
     *
     * @param concurrency how many calls it works on at a time, each at its speed; others wait in their order
     * @param queue how many may wait
     * @param refuses whether it refuses connections when more come, instead of answering that it is overloaded
     * @param shared whether none waits: all calls share the speed of so many places equally
     */
    record Places(int concurrency, int queue, boolean refuses, boolean shared) {
        static Places read(Options options) {
            return new Places(
                    options.integer("concurrency", 1, 1, 1_000_000),
                    options.integer("queue", Integer.MAX_VALUE, 0, 10_000_000),
                    options.choice("whenFull", "overloaded", List.of("overloaded", "refuse"))
                            .equals("refuse"),
                    options.choice("sharing", "none", List.of("none", "processor"))
                            .equals("processor"));
        }

        /** How many calls it works on at most. */
        int worked() {
            return shared ? (int) Math.min(Integer.MAX_VALUE, (long) concurrency + queue) : concurrency;
        }

        /** How many may wait beside them. */
        int waiting() {
            return shared ? 0 : queue;
        }
    }

    /**
     * Another program on the same machine, which comes and goes at times of its own, exponentially distributed.
     *
     * @param speed the share of the speed that it leaves
     * @param onNanos how long it stays on average
     * @param offNanos how long it stays away on average
     */
    record Antagonist(double speed, long onNanos, long offNanos) {
        /** The defaults. */
        static final long ON_NANOS = 5 * Times.SECOND;

        static final long OFF_NANOS = 20 * Times.SECOND;

        static Antagonist read(Options options) {
            return new Antagonist(
                    options.number("speed", 0.5, 0.0001, 1),
                    Times.read(options, "on", ON_NANOS, Times.MILLISECOND, Times.HOUR),
                    Times.read(options, "off", OFF_NANOS, Times.MILLISECOND, Times.HOUR));
        }
    }

    static ServerSpec read(Options options) {
        String id = options.string("id", "the id of the server, a text");
        List<String> ids = new ArrayList<>();
        if (options.has("count")) {
            int count = options.integer("count", 1, MAX_SERVERS);
            for (int i = 0; i < count; i++) {
                ids.add(id + "-" + i);
            }
        } else {
            ids.add(id);
        }
        List<Fault> faults = new ArrayList<>();
        if (options.has("faults")) {
            for (Options fault : options.objects("faults", "a list of faults", Fault.FIELDS)) {
                faults.add(Fault.read(fault));
            }
        }
        return new ServerSpec(
                List.copyOf(ids),
                Capacity.read(options),
                zones(options),
                options.integer("weight", 1, 0, 1_000_000),
                List.copyOf(faults),
                options.has("antagonist") ? Antagonist.read(options.object("antagonist", "speed", "on", "off")) : null,
                WarmCache.Spec.read(options));
    }

    private static List<String> zones(Options options) {
        if (options.has("zone") && options.has("zones")) {
            throw options.rejected("zones", "no zones beside zone");
        }
        return options.has("zone")
                ? List.of(options.string("zone", "the name of a zone"))
                : Names.read(options, "zones", "the name of a zone");
    }

    /** The zone of the server at this place among those that are alike; null for none. */
    @Nullable
    String zone(int place) {
        return zones.isEmpty() ? null : zones.get(place % zones.size());
    }
}
