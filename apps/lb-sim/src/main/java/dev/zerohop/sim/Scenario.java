package dev.zerohop.sim;

import dev.zerohop.Options;
import dev.zerohop.json.JsonReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is simulated: servers, clients and their calls, the network and the control plane, and the policies that are compared. An immutable value, read from JSON; the reference is
 * {@code docs/simulations.md}.
 */
public final class Scenario {
    private static final int MAX_CHARACTERS = 16 * 1024 * 1024;

    private final String name;
    private final String description;
    private final Span span;
    private final Load load;
    private final Network network;
    private final Control control;
    private final boolean reports;
    private final Policies policies;

    /**
     * The times of a run.
     *
     * @param durationNanos for how long calls begin
     * @param measureFromNanos from when on they count
     * @param timeoutNanos how long one may take
     */
    record Span(long durationNanos, long measureFromNanos, long timeoutNanos) {
        static Span read(Options root) {
            if (!root.has("duration")) {
                throw root.rejected("duration", "how long calls arrive, such as \"60s\"");
            }
            long duration = Times.read(root, "duration", Times.MILLISECOND, 24 * Times.HOUR);
            return new Span(
                    duration,
                    Times.read(root, "measureFrom", 0, 0, duration - 1),
                    Times.read(root, "timeout", 5 * Times.SECOND, Times.MILLISECOND, Times.HOUR));
        }
    }

    /**
     * The servers, and how clients learn of them.
     *
     * @param servers those that there are in the beginning
     * @param events what happens to them
     * @param delayNanos how long after a change clients learn of it
     * @param jitterNanos how much later each may learn of it, by chance
     * @param shards the number of shards that the source states; 0 for none
     * @param guarded whether the source cannot tell a removal from a failure to see
     * @param orchestrator the orchestrator that publishes verdicts; null for none
     */
    record Control(
            List<ServerSpec> servers,
            List<ControlEvent> events,
            long delayNanos,
            long jitterNanos,
            int shards,
            boolean guarded,
            Orchestrator.@Nullable Spec orchestrator) {
        static Control read(Options root) {
            if (!root.has("servers")) {
                throw root.rejected("servers", "a list of servers, each an object with at least an id");
            }
            List<ServerSpec> servers = new ArrayList<>();
            for (Options server : root.objects("servers", "a list of servers", ServerSpec.FIELDS)) {
                servers.add(ServerSpec.read(server));
            }
            Options control = root.object("control", "delay", "jitter", "shards", "removals", "orchestrator");
            return new Control(
                    List.copyOf(servers),
                    ControlEvent.readAll(root),
                    Times.read(control, "delay", 0, 0, Times.HOUR),
                    Times.read(control, "jitter", 0, 0, Times.HOUR),
                    control.integer("shards", 0, 0, 1_000_000),
                    control.choice("removals", "guarded", List.of("guarded", "meant"))
                            .equals("guarded"),
                    Orchestrator.Spec.read(control));
        }
    }

    private Scenario(String name, Options root) {
        this.name = name;
        this.description = root.has("description") ? root.string("description", "a text that is not empty") : "";
        this.span = Span.read(root);
        this.load = Load.read(root);
        this.network = Network.read(root.object("network", Network.FIELDS));
        this.control = Control.read(root);
        this.reports = root.flag("reports", false);
        this.policies = Policies.read(root, reports);
        Crosscheck.check(this);
    }

    /**
     * Reads a scenario.
     *
     * @param name for the answer, usually that of its file
     * @throws IllegalArgumentException if it is no such JSON or anything in it is wrong; the message names the path, the value and what was expected
     */
    public static Scenario read(String name, String json) {
        return of(name, tree(json));
    }

    /**
     * Reads a scenario and makes its course shorter: {@code duration}, {@code measureFrom}, the phases of arrivals, and when faults, neighbours and warm-ups come and go. What a call takes, its deadline, the
     * network and rates stay as they are.
     *
     * @param timeScale by what its times are multiplied, above 0 and at most 1
     * @throws IllegalArgumentException as {@link #read(String, String)}, and if it is to be shorter and has events
     */
    public static Scenario read(String name, String json, double timeScale) {
        Map<?, ?> tree = tree(json);
        Scenario whole = of(name, tree);
        return timeScale == 1 ? whole : of(name, TimeScale.of(tree, timeScale));
    }

    private static Map<?, ?> tree(String json) {
        Object tree;
        try {
            tree = JsonReader.tree(json, MAX_CHARACTERS);
        } catch (IOException malformed) {
            throw new IllegalArgumentException(malformed.getMessage(), malformed);
        }
        if (!(tree instanceof Map<?, ?> object)) {
            throw new IllegalArgumentException(
                    "was not a JSON object, expected one with servers, arrivals and duration");
        }
        return object;
    }

    private static Scenario of(String name, Map<?, ?> tree) {
        return new Scenario(
                name,
                Options.of(
                        "",
                        tree,
                        "description",
                        "duration",
                        "measureFrom",
                        "timeout",
                        "idempotent",
                        "servers",
                        "clients",
                        "arrivals",
                        "demand",
                        "keys",
                        "network",
                        "control",
                        "reports",
                        "events",
                        "policies",
                        "configuration"));
    }

    /** The name. */
    public String name() {
        return name;
    }

    /** What it is about, for people; may be empty. */
    public String description() {
        return description;
    }

    /** For how long calls begin, in seconds. */
    public double seconds() {
        return span.durationNanos() / 1e9;
    }

    /** From when on they count, in seconds. */
    public double measuredFromSeconds() {
        return span.measureFromNanos() / 1e9;
    }

    /** The policies that are compared where none is asked for. */
    public List<Policy> policies() {
        return policies.named();
    }

    /**
     * A policy in the rest of this scenario's configuration.
     *
     * @param text a name, or the JSON object of a configuration
     * @throws IllegalArgumentException if there is no such policy
     */
    public Policy policy(String text) {
        return policies.of(text);
    }

    /** The whole configuration of a policy of this scenario for the client with this number, as a tree of JSON. */
    Map<String, @Nullable Object> configuration(Policy policy, int client) {
        return policies.configuration(policy.name(), client);
    }

    Span span() {
        return span;
    }

    Load load() {
        return load;
    }

    Network network() {
        return network;
    }

    Control control() {
        return control;
    }

    /** Whether servers report their load with each answer. */
    boolean reports() {
        return reports;
    }
}
