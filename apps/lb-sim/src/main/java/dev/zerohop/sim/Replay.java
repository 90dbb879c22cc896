package dev.zerohop.sim;

import dev.zerohop.BalancerSettings;
import dev.zerohop.Options;
import dev.zerohop.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A scenario as real servers and clients play it: the same servers, faults, calls and configurations as in a simulation, for whoever has sockets. Its network and control plane are not part of it: those are
 * real. Immutable; {@link Calls} are for one thread.
 */
public final class Replay {
    private final Scenario scenario;
    private final List<Backend> backends;

    /**
     * A server.
     *
     * @param weight what discovery says of it
     * @param concurrency how many calls it works on at a time
     * @param queue how many may wait; it answers more that it is overloaded
     */
    public record Backend(String id, int weight, int concurrency, int queue, List<BackendFault> faults) {}

    /** What a fault does to a call. */
    public enum Effect {
        /** It is answered with an error, without any work. */
        ERROR,
        /** It is answered that the server is overloaded, without any work. */
        OVERLOADED,
        /** It takes another time than its own. */
        TAKES
    }

    /**
     * What is wrong with a server for a while.
     *
     * @param fromNanos since when, from the start of the run
     * @param toNanos until when
     * @param nanos how long after its arrival a call is answered, or how long it takes
     */
    public record BackendFault(Effect effect, long fromNanos, long toNanos, long nanos) {}

    /**
     * A call.
     *
     * @param atNanos its intended start, from the start of the run
     * @param client who makes it, from 0
     * @param workNanos how long a server works on it
     */
    public record PlannedCall(long atNanos, int client, long workNanos) {}

    /** The calls of one seed in their order, the same as those of a simulation with it. For one thread. */
    public static final class Calls {
        private final Arrivals arrivals;
        private final Stream callers;
        private final Stream work;
        private final Load load;

        private Calls(Scenario scenario, long seed) {
            this.load = scenario.load();
            this.arrivals = new Arrivals(scenario, seed);
            this.callers = Stream.of(seed, Stream.Purpose.CALLERS);
            this.work = Stream.of(seed, Stream.Purpose.DEMAND);
        }

        /** The next one; null after the last. */
        public @Nullable PlannedCall next() {
            long at = arrivals.next();
            return at == Arrivals.NONE
                    ? null
                    : new PlannedCall(
                            at,
                            callers.nextInt(load.clients().count()),
                            load.demand().next(work));
        }
    }

    private Replay(Scenario scenario, List<Backend> backends) {
        this.scenario = scenario;
        this.backends = List.copyOf(backends);
    }

    /**
     * A scenario to be played.
     *
     * @throws IllegalArgumentException if there is something in it that only a simulation can do; the message names the path, the value and what was expected
     */
    public static Replay of(Scenario scenario) {
        if (!scenario.control().events().isEmpty()) {
            throw new IllegalArgumentException("events: were "
                    + scenario.control().events().size() + ", expected none: servers in processes neither come nor go");
        }
        if (scenario.control().shards() > 0) {
            throw Options.rejected("control.shards", scenario.control().shards(), "none: addresses state no shards");
        }
        if (scenario.control().orchestrator() != null) {
            throw new IllegalArgumentException("control.orchestrator: was given, expected none over sockets");
        }
        if (scenario.load().keys().count() > 0) {
            throw Options.rejected(
                    "keys.count", scenario.load().keys().count(), "no keys: calls over sockets have none");
        }
        if (scenario.load().idempotent()) {
            throw Options.rejected(
                    "idempotent", true, "false: over sockets no call is repeated that a server may have run");
        }
        Load.Clients clients = scenario.load().clients();
        if (!clients.zones().isEmpty()) {
            throw Options.rejected("clients.zones", clients.zones(), "none: all are on one machine");
        }
        if (clients.startWithinNanos() > 0) {
            throw Options.rejected(
                    "clients.startWithin",
                    Times.text(clients.startWithinNanos()),
                    "none: all start before the first call");
        }
        List<Backend> backends = new ArrayList<>();
        List<ServerSpec> servers = scenario.control().servers();
        for (int i = 0; i < servers.size(); i++) {
            addTo(backends, "servers[" + i + "].", servers.get(i));
        }
        return new Replay(scenario, backends);
    }

    /**
     * Checks that a policy can be played.
     *
     * @throws IllegalArgumentException if only a simulation has it
     */
    public static void check(Policy policy) {
        if (policy.peer() != null || policy.settings().policy() instanceof IdealShortestQueue) {
            throw Options.rejected("policy", policy.name(), "one of zerohop's or your own over sockets");
        }
    }

    private static void addTo(List<Backend> backends, String path, ServerSpec spec) {
        ServerSpec.Capacity capacity = spec.capacity();
        if (!spec.zones().isEmpty()) {
            throw Options.rejected(path + "zones", spec.zones(), "none: all are on one machine");
        }
        if (capacity.speed() != 1) {
            throw Options.rejected(path + "speed", capacity.speed(), "1: what servers in processes do");
        }
        if (capacity.warmUpNanos() > 0) {
            throw Options.rejected(
                    path + "warmUp.time",
                    Times.text(capacity.warmUpNanos()),
                    "no warm-up: no server starts during the run");
        }
        ServerSpec.Places places = capacity.places();
        if (places.shared()) {
            throw Options.rejected(path + "sharing", "processor", "none: what servers in processes do");
        }
        if (places.refuses()) {
            throw Options.rejected(path + "whenFull", "refuse", "overloaded: what servers in processes do");
        }
        if (spec.antagonist() != null) {
            throw Options.rejected(
                    path + "antagonist", Map.of("speed", spec.antagonist().speed()), "none: the neighbours are real");
        }
        List<BackendFault> faults = new ArrayList<>();
        for (int i = 0; i < spec.faults().size(); i++) {
            faults.add(fault(path + "faults[" + i + "].", spec.faults().get(i)));
        }
        for (String id : spec.ids()) {
            backends.add(new Backend(id, spec.weight(), places.concurrency(), places.queue(), List.copyOf(faults)));
        }
    }

    private static BackendFault fault(String path, Fault fault) {
        Effect effect = switch (fault.kind()) {
            case TAKES -> Effect.TAKES;
            case FAIL -> effectOf(path, fault.outcome());
            default ->
                throw Options.rejected(
                        path + "kind",
                        fault.kind().name().toLowerCase(Locale.ROOT),
                        "fail or takes: what servers in processes do");
        };
        if (fault.share() != 1) {
            throw Options.rejected(path + "share", fault.share(), "1: in servers in processes a fault meets all calls");
        }
        long nanos = effect == Effect.TAKES ? (long) fault.amount() : fault.afterNanos();
        return new BackendFault(
                effect, fault.window().fromNanos(), fault.window().toNanos(), nanos);
    }

    private static Effect effectOf(String path, Outcome outcome) {
        return switch (outcome) {
            case ERROR_RESPONSE -> Effect.ERROR;
            case OVERLOADED -> Effect.OVERLOADED;
            default ->
                throw Options.rejected(
                        path + "outcome", outcome.name(), "ERROR_RESPONSE or OVERLOADED: what servers in processes do");
        };
    }

    /** The servers, in their order. */
    public List<Backend> backends() {
        return backends;
    }

    /** How many clients there are. */
    public int clients() {
        return scenario.load().clients().count();
    }

    /** The deadline of each call, from its intended start. */
    public long timeoutNanos() {
        return scenario.span().timeoutNanos();
    }

    /** From when on calls and probes count, from the start of the run. */
    public long measureFromNanos() {
        return scenario.span().measureFromNanos();
    }

    /** The calls of a seed. */
    public Calls calls(long seed) {
        return new Calls(scenario, seed);
    }

    /** The whole configuration with this policy, as a tree of JSON, for the client with this number. */
    public Map<String, @Nullable Object> configuration(Policy policy, int client) {
        return scenario.configuration(policy, client);
    }

    /** The same as settings. */
    public static BalancerSettings settings(Policy policy, int client) {
        return Policies.ofClient(policy.settings(), client);
    }

    /** Where the calls of one run are to be counted. */
    public Recording newRecording() {
        return new Recording(scenario, backends.stream().map(Backend::id).toList());
    }

    /** What the runs of a policy gave, one for each seed. */
    public PolicyResult result(Policy policy, List<Long> seeds, List<Recording> runs) {
        return new PolicyResult(
                scenario,
                policy.name(),
                seeds,
                runs.stream().map(Recording::result).toList());
    }
}
