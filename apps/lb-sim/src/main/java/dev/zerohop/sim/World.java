package dev.zerohop.sim;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What clients and servers of one run have in common. For one thread. */
final class World {
    private final Events events;
    private final Scenario scenario;
    private final Recorder recorder;
    private final CallList calls;
    private final Stream network;
    private final boolean instant;
    private final List<Server> servers = new ArrayList<>();

    World(Scenario scenario, long seed, Events events, Recorder recorder) {
        this.events = events;
        this.scenario = scenario;
        this.recorder = recorder;
        this.calls = new CallList(events, scenario.span().timeoutNanos());
        this.network = Stream.of(seed, Stream.Purpose.NETWORK);
        Network given = scenario.network();
        this.instant = given.latencyNanos() == 0 && given.jitterNanos() == 0 && given.betweenZonesNanos() == 0;
    }

    Events events() {
        return events;
    }

    Recorder recorder() {
        return recorder;
    }

    CallList calls() {
        return calls;
    }

    boolean idempotent() {
        return scenario.load().idempotent();
    }

    long connectNanos() {
        return scenario.network().connectNanos();
    }

    /** The time of one way between these zones. */
    long delay(@Nullable String from, @Nullable String to) {
        return instant ? 0 : scenario.network().next(network, from, to);
    }

    /** All servers that there ever were. */
    List<Server> servers() {
        return servers;
    }

    /** The server with this number; they count from 1. */
    Server server(int number) {
        return servers.get(number - 1);
    }
}
