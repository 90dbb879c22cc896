package dev.zerohop.sim;

import dev.zerohop.Endpoint;
import java.util.HashMap;
import java.util.Map;

/** Starts servers, and lets happen to each what its description says: faults, an antagonist, the time in which it gets warm. */
final class ServerLife {
    private static final int WARM_UP_STEPS = 20;

    private final World world;
    private final VirtualTime time;
    private final long seed;
    private final Map<String, Integer> starts = new HashMap<>();

    ServerLife(World world, long seed) {
        this.world = world;
        this.time = new VirtualTime(world.events());
        this.seed = seed;
    }

    Server start(ServerSpec spec, int place, boolean warm) {
        int index = world.servers().size();
        String id = spec.ids().get(place);
        Endpoint.Builder endpoint = Endpoint.builder("10.0.0.1", index + 1)
                .id(id)
                .weight(spec.weight())
                .ordinal(ordinal(id));
        String zone = spec.zone(place);
        if (zone != null) {
            endpoint.zone(zone);
        }
        ServerLoad load =
                world.reports() ? new ServerLoad(time, spec.capacity().places().concurrency()) : null;
        WarmCache cache = spec.cache() == null ? null : new WarmCache(spec.cache(), world.recorder());
        Server server = new Server(index, endpoint.build(), spec.capacity(), world.events(), load, cache);
        world.servers().add(server);
        for (int i = 0; i < spec.faults().size(); i++) {
            plan(server, spec.faults().get(i), i);
        }
        if (spec.antagonist() != null) {
            // By its name and how often it has started, so that its neighbours are the same whatever else is started.
            new Neighbour(server, spec.antagonist(), neighbour(id)).start();
        }
        if (!warm && spec.capacity().warmUpNanos() > 0) {
            new WarmUp(server).start();
        }
        return server;
    }

    private long neighbour(String id) {
        int start = starts.merge(id, 1, Integer::sum);
        return Stream.mixed(Stream.mixed(id) + start);
    }

    void stop(Server server) {
        server.stop();
    }

    /** The number behind the last dash, as pods of a StatefulSet have it. */
    private static int ordinal(String id) {
        int dash = id.lastIndexOf('-');
        String digits = id.substring(dash + 1);
        return dash >= 0 && digits.matches("[0-9]{1,6}") ? Integer.parseInt(digits) : Endpoint.NO_ORDINAL;
    }

    private void plan(Server server, Fault fault, int number) {
        if (fault.window().toNanos() <= world.events().nowNanos() - VirtualTime.START_NANOS) {
            // It was over before this server started.
            return;
        }
        at(VirtualTime.START_NANOS + fault.window().fromNanos(), () -> server.begin(fault, number));
        if (fault.window().toNanos() != Long.MAX_VALUE) {
            at(VirtualTime.START_NANOS + fault.window().toNanos(), () -> {
                server.end(fault, number);
                if (!server.isDown() && server.isWell()) {
                    world.newcomer(server);
                }
            });
        }
    }

    private void at(long nanos, Runnable what) {
        if (nanos <= world.events().nowNanos()) {
            what.run();
            return;
        }
        world.events().at(nanos, new Event() {
            @Override
            void fire() {
                what.run();
            }
        });
    }

    /** Takes capacity from a server now and then. */
    private final class Neighbour extends Event {
        private final Server server;
        private final ServerSpec.Antagonist habits;
        private final Stream stream;
        private boolean here;

        Neighbour(Server server, ServerSpec.Antagonist habits, long which) {
            this.server = server;
            this.habits = habits;
            this.stream = Stream.of(seed, Stream.Purpose.ANTAGONISTS, which);
        }

        void start() {
            double share = (double) habits.onNanos() / (habits.onNanos() + habits.offNanos());
            here = stream.nextDouble() >= share;
            fire();
        }

        @Override
        void fire() {
            if (server.isDown()) {
                return;
            }
            here = !here;
            server.speed().set(Speed.Part.ANTAGONIST, here ? habits.speed() : 1);
            double mean = here ? habits.onNanos() : habits.offNanos();
            world.events().at(world.events().nowNanos() + (long) (mean * stream.exponential()), this);
        }
    }

    /** Lets a server that has just started reach its speed. */
    private final class WarmUp extends Event {
        private final Server server;
        private int step;

        WarmUp(Server server) {
            this.server = server;
        }

        void start() {
            fire();
        }

        @Override
        void fire() {
            if (server.isDown()) {
                return;
            }
            ServerSpec.Capacity capacity = server.capacity();
            double reached = capacity.coldSpeed() + (1 - capacity.coldSpeed()) * step / WARM_UP_STEPS;
            server.speed().set(Speed.Part.WARM_UP, reached);
            if (step++ < WARM_UP_STEPS) {
                world.events().at(world.events().nowNanos() + capacity.warmUpNanos() / WARM_UP_STEPS, this);
            }
        }
    }
}
