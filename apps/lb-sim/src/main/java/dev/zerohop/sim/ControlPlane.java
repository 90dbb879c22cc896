package dev.zerohop.sim;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.HealthSource;
import dev.zerohop.Locality;
import dev.zerohop.ShardCount;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Starts and stops servers as the scenario says, and publishes them to each client after a delay of its own. */
final class ControlPlane {
    private final World world;
    private final Scenario.Control control;
    private final ServerLife life;
    private final Stream updates;
    private final @Nullable Orchestrator orchestrator;
    private final Map<String, Endpoint> announced = new LinkedHashMap<>();
    private final Map<String, Server> running = new LinkedHashMap<>();
    private final Map<String, ServerSpec> specs = new LinkedHashMap<>();
    private final Map<String, Integer> places = new LinkedHashMap<>();
    private Client[] clients = {};
    private long[] deliveredNanos = {};
    private boolean namesNothing;
    private int shards;
    private long version;

    ControlPlane(World world, Scenario scenario, long seed) {
        this.world = world;
        this.control = scenario.control();
        this.life = new ServerLife(world, seed);
        this.updates = Stream.of(seed, Stream.Purpose.UPDATES);
        this.shards = control.shards();
        this.orchestrator = control.orchestrator() == null
                ? null
                : new Orchestrator(control.orchestrator(), this, world.events(), seed);
        control.servers().forEach(spec -> startAll(spec, true));
        announceAll();
        control.events().forEach(event -> after(event.atNanos(), () -> happen(event)));
    }

    /** Publishes the servers to these clients, now and whenever they change. */
    void publishTo(Client[] all) {
        clients = all;
        deliveredNanos = new long[all.length];
        publish();
        if (orchestrator != null) {
            orchestrator.start();
        }
    }

    /** Servers that clients are to know of, by id. */
    Set<String> announcedIds() {
        return announced.keySet();
    }

    /** The server of this name that runs; null if none does. */
    @Nullable
    Server running(String id) {
        return running.get(id);
    }

    /** Servers that run. */
    Iterable<Server> running() {
        return running.values();
    }

    private void announce(Server server) {
        announced.put(server.id, server.endpoint);
        server.announced(true);
    }

    private void announceAll() {
        running.values().forEach(this::announce);
    }

    private void startAll(ServerSpec spec, boolean warm) {
        for (int i = 0; i < spec.ids().size(); i++) {
            specs.put(spec.ids().get(i), spec);
            places.put(spec.ids().get(i), i);
            start(spec.ids().get(i), warm);
        }
    }

    private Server start(String id, boolean warm) {
        ServerSpec spec = specs.get(id);
        Integer place = places.get(id);
        if (spec == null || place == null) {
            throw new IllegalStateException("no server " + id);
        }
        Server server = life.start(spec, place, warm);
        running.put(id, server);
        return server;
    }

    private void happen(ControlEvent event) {
        ControlEvent.Spans times = event.times();
        switch (event.action()) {
            case ADD -> {
                ServerSpec spec = event.server();
                if (spec != null) {
                    startAll(spec, false);
                    after(times.startsFor(), () -> announce(spec.ids()));
                }
            }
            case REMOVE -> leave(event.ids(), times);
            case KILL -> kill(event.ids(), times.noticedAfter());
            case KILL_ZONE -> {
                List<String> ids = new ArrayList<>();
                for (Server server : running.values()) {
                    if (event.ids().get(0).equals(server.zone)) {
                        ids.add(server.id);
                    }
                }
                kill(ids, times.noticedAfter());
            }
            case EMPTY -> {
                namesNothing = true;
                publish();
                after(times.lasts(), () -> {
                    namesNothing = false;
                    publish();
                });
            }
            case ORCHESTRATOR_LOSS -> {
                if (orchestrator != null) {
                    orchestrator.lose();
                    after(times.lasts(), orchestrator::restart);
                }
            }
            case SHARDS -> {
                shards = event.shards();
                publish();
            }
            case REPLACE -> {
                for (int i = 0; i < event.ids().size(); i++) {
                    String id = event.ids().get(i);
                    after(i * times.every(), () -> replace(id, times));
                }
            }
        }
    }

    /** They are announced as leaving, work on for a while, finish what they have, and are gone. */
    private void leave(List<String> ids, ControlEvent.Spans times) {
        for (String id : ids) {
            Server leaving = running.get(id);
            if (leaving != null) {
                leaving.announced(false);
            }
            announced.computeIfPresent(
                    id,
                    (same, endpoint) -> endpoint.toBuilder()
                            .readiness(Endpoint.Readiness.DRAINING)
                            .build());
        }
        publish();
        after(times.worksFor(), () -> {
            ids.forEach(id -> shutDown(id, times.finishes()));
            ids.forEach(announced::remove);
            publish();
        });
    }

    private void announce(List<String> ids) {
        for (String id : ids) {
            Server server = running.get(id);
            if (server != null) {
                announce(server);
                world.newcomer(server);
            }
        }
        publish();
    }

    private void kill(List<String> ids, long noticedAfterNanos) {
        ids.forEach(this::stop);
        after(noticedAfterNanos, () -> {
            ids.forEach(announced::remove);
            publish();
        });
    }

    private void shutDown(String id, long finishesNanos) {
        Server server = finishesNanos == 0 ? null : running.remove(id);
        if (server == null) {
            stop(id);
        } else {
            server.close();
            after(finishesNanos, () -> life.stop(server));
        }
    }

    private void stop(String id) {
        Server server = running.remove(id);
        if (server != null) {
            life.stop(server);
        }
    }

    /** One step of a rolling update: the old server leaves, then a new one of the same name comes, cold. */
    private void replace(String id, ControlEvent.Spans times) {
        leave(List.of(id), times);
        after(times.worksFor(), () -> {
            start(id, false);
            after(times.startsFor(), () -> announce(List.of(id)));
        });
    }

    private void after(long delayNanos, Runnable what) {
        Event event = new Event() {
            @Override
            void fire() {
                what.run();
            }
        };
        world.events().at(world.events().nowNanos() + delayNanos, event);
    }

    /** Every client gets the same set, unless they stand in zones, and none gets an older one after a newer one. */
    private void publish() {
        boolean first = version++ == 0;
        Map<String, EndpointSet> byZone = new LinkedHashMap<>();
        for (int i = 0; i < clients.length; i++) {
            Client client = clients[i];
            EndpointSet set = byZone.computeIfAbsent(client.zone == null ? "" : client.zone, zone -> set(client.zone));
            deliver(i, first, () -> client.update(set));
        }
    }

    /** Every client gets the same verdicts, as it gets sets. */
    void publish(Map<String, HealthSource.Verdict> verdicts) {
        for (int i = 0; i < clients.length; i++) {
            Client client = clients[i];
            deliver(i, false, () -> client.update(verdicts));
        }
    }

    private void deliver(int client, boolean atOnce, Runnable what) {
        if (!atOnce) {
            long jitter = control.jitterNanos() == 0 ? 0 : (long) (updates.nextDouble() * control.jitterNanos());
            deliveredNanos[client] =
                    Math.max(deliveredNanos[client], world.events().nowNanos() + control.delayNanos() + jitter);
        }
        world.events().at(deliveredNanos[client], new Event() {
            @Override
            void fire() {
                what.run();
            }
        });
    }

    private EndpointSet set(@Nullable String zone) {
        return EndpointSet.builder("scenario")
                .endpoints(namesNothing ? List.of() : List.copyOf(announced.values()))
                .version(version)
                .shards(shards == 0 ? null : new ShardCount(shards, 0))
                .removals(control.guarded() ? EndpointSet.Removals.GUARDED : EndpointSet.Removals.MEANT)
                .client(new Locality(zone, null))
                .build();
    }
}
