package dev.zerohop.sim;

import dev.zerohop.Options;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What only the whole of a scenario shows: names that are used twice or that nothing has, what would never happen, and more than a run can hold. */
final class Crosscheck {
    /** A pair of client and server takes memory of its own, a few hundred bytes. */
    private static final long MAX_PAIRS = 10_000_000;

    private final Scenario scenario;
    private final Map<String, String> ids = new LinkedHashMap<>();
    private final Set<String> zones = new HashSet<>();
    private int starts;

    private Crosscheck(Scenario scenario) {
        this.scenario = scenario;
    }

    static void check(Scenario scenario) {
        new Crosscheck(scenario).run();
    }

    private void run() {
        List<ServerSpec> servers = scenario.control().servers();
        for (int i = 0; i < servers.size(); i++) {
            add("servers[" + i + "].id", servers.get(i));
            faults("servers[" + i + "].", servers.get(i));
            if (servers.get(i).cache() != null && scenario.load().keys().as() != Load.Keys.As.PREFIX) {
                throw new IllegalArgumentException(
                        "servers[" + i + "].cache: was given, expected none unless keys are \"as\": \"prefix\"");
            }
        }
        if (starts < 1) {
            throw new IllegalArgumentException("servers: were 0 servers, expected 1 to " + ServerSpec.MAX_SERVERS);
        }
        if (scenario.control().orchestrator() != null
                && scenario.policies().stream().allMatch(policy -> policy.peer() != null)) {
            throw new IllegalArgumentException(
                    "control.orchestrator: was given, expected none where all policies are grpc-java's, which read no verdicts");
        }
        List<ControlEvent> events = scenario.control().events();
        for (int i = 0; i < events.size(); i++) {
            ServerSpec server = events.get(i).server();
            if (server != null) {
                add("events[" + i + "].add.id", server);
                faults("events[" + i + "].add.", server);
            }
        }
        for (int i = 0; i < events.size(); i++) {
            check("events[" + i + "]", events.get(i));
        }
        if (starts > ServerSpec.MAX_SERVERS) {
            throw new IllegalArgumentException("servers: were " + starts
                    + " with those that events start, expected 1 to " + ServerSpec.MAX_SERVERS);
        }
        long pairs = (long) starts * scenario.load().clients().count();
        if (pairs > MAX_PAIRS) {
            throw new IllegalArgumentException(
                    "clients: were " + pairs + " pairs of client and server, expected at most " + MAX_PAIRS);
        }
        List<Load.Phase> phases = scenario.load().phases();
        for (int i = 1; i < phases.size(); i++) {
            inTime("arrivals.phases[" + (i - 1) + "].at", phases.get(i).atNanos());
        }
    }

    private void faults(String path, ServerSpec spec) {
        for (int i = 0; i < spec.faults().size(); i++) {
            inTime(
                    path + "faults[" + i + "].from",
                    spec.faults().get(i).window().fromNanos());
        }
    }

    private void add(String path, ServerSpec spec) {
        for (int place = 0; place < spec.ids().size(); place++) {
            String id = spec.ids().get(place);
            String before = ids.putIfAbsent(id, path);
            if (before != null) {
                throw Options.rejected(path, id, "another id than that of " + before);
            }
            String zone = spec.zone(place);
            if (zone != null) {
                zones.add(zone);
            }
        }
        starts += spec.ids().size();
    }

    private void check(String path, ControlEvent event) {
        inTime(path + ".at", event.atNanos());
        if (event.action() == ControlEvent.Action.ORCHESTRATOR_LOSS
                && scenario.control().orchestrator() == null) {
            throw Options.rejected(path + ".orchestratorLoss", true, "no such event without control.orchestrator");
        }
        if (event.action() == ControlEvent.Action.KILL_ZONE) {
            String zone = event.ids().get(0);
            if (!zones.contains(zone)) {
                throw Options.rejected(path + ".killZone", zone, "the zone of one of the servers");
            }
            return;
        }
        for (int i = 0; i < event.ids().size(); i++) {
            String id = event.ids().get(i);
            if (!ids.containsKey(id)) {
                throw Options.rejected(
                        path + "." + event.action().field() + "[" + i + "]", id, "the id of one of the servers");
            }
        }
        if (event.action() == ControlEvent.Action.REPLACE) {
            starts += event.ids().size();
        }
    }

    private void inTime(String path, long atNanos) {
        if (atNanos >= scenario.span().durationNanos()) {
            throw Options.rejected(
                    path,
                    Times.text(atNanos),
                    "a time before " + Times.text(scenario.span().durationNanos()) + ", the end of the run");
        }
    }
}
