package dev.zerohop.sim;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What clients and servers of one run have in common. For one thread. */
final class World {
    // Below 0: no fault of a server has such a number.
    private static final long THERE = -1;
    private static final long BACK = -2;

    private final Events events;
    private final Scenario scenario;
    private final Recorder recorder;
    private final CallList calls;
    private final boolean instant;
    private final List<Server> servers = new ArrayList<>();

    World(Scenario scenario, Events events, Recorder recorder) {
        this.events = events;
        this.scenario = scenario;
        this.recorder = recorder;
        this.calls = new CallList(events, scenario.span().timeoutNanos());
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

    /** Whether servers report their load. */
    boolean reports() {
        return scenario.reports();
    }

    long connectNanos() {
        return scenario.network().connectNanos();
    }

    /** The time that an attempt is on the way to its server. */
    long delayThere(Attempt attempt, @Nullable String from, @Nullable String to) {
        return instant ? 0 : scenario.network().next(attempt.chance(THERE), from, to);
    }

    /** The time that its answer is on the way back. */
    long delayBack(Attempt attempt, @Nullable String from, @Nullable String to) {
        return instant ? 0 : scenario.network().next(attempt.chance(BACK), from, to);
    }

    /** The time of a message apart from calls. */
    long delay(Stream chance, @Nullable String from, @Nullable String to) {
        return instant ? 0 : scenario.network().next(chance.nextDouble(), from, to);
    }

    /** The time after which the end of a connection is noticed. */
    long delay(@Nullable String from, @Nullable String to) {
        return scenario.network().next(0, from, to);
    }

    /** All servers that there ever were. */
    List<Server> servers() {
        return servers;
    }

    /** It has come, or is well again: how long it takes to its share of the calls is measured. */
    void newcomer(Server server) {
        recorder.fairShares().watch(server, servers);
    }

    /** The server with this number; they count from 1. */
    Server server(int number) {
        return servers.get(number - 1);
    }
}
