package dev.zerohop.sim;

import dev.zerohop.BalancerSettings;
import dev.zerohop.HealthCheckPolicy;
import dev.zerohop.Locality;
import dev.zerohop.Options;
import dev.zerohop.PickPolicy;
import dev.zerohop.Stage;
import dev.zerohop.config.Configurations;
import dev.zerohop.json.JsonReader;
import dev.zerohop.stage.Slice;
import dev.zerohop.stage.Subset;
import dev.zerohop.stage.ZonePreference;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads policies as a configuration names them, each within the rest of the scenario's configuration. */
final class Policies {
    private static final List<String> DEFAULT = List.of("round_robin", "least_request", "peak_ewma");
    private static final int MAX_CHARACTERS = 1 << 20;

    /** Policies that go by reports in another way than by the load of nodes. */
    private static final Set<String> GO_BY_REPORTS = Set.of("prequal", "grpc:weighted_round_robin");

    private final Map<?, ?> configuration;
    private final boolean reports;
    private final List<Policy> named = new ArrayList<>();

    private Policies(Map<?, ?> configuration, boolean reports) {
        Map<?, ?> subset = slices(configuration);
        if (subset != null && subset.containsKey("client")) {
            throw Options.rejected(
                    "configuration.stages.subset.client",
                    subset.get("client"),
                    "no such field: each client of a simulation has a number of its own");
        }
        this.configuration = numbered(configuration, 0);
        this.reports = reports;
    }

    /**
     * Reads those that a scenario names.
     *
     * @param reports whether servers report their load
     */
    static Policies read(Options root, boolean reports) {
        Map<?, ?> rest = Map.of();
        if (root.has("configuration")) {
            Options.anyOf("configuration", root.value("configuration"));
            rest = (Map<?, ?>) root.value("configuration");
        }
        Policies policies = new Policies(rest == null ? Map.of() : rest, reports);
        if (root.has("policies")) {
            if (rest != null && rest.containsKey("policy")) {
                throw Options.rejected("configuration.policy", rest.get("policy"), "none beside policies");
            }
            List<?> list = root.list("policies", "a list of policies, each a name or an object as in a configuration");
            for (int i = 0; i < list.size(); i++) {
                String path = "policies[" + i + "]";
                Policy policy = policies.of(path, list.get(i));
                if (policies.named.stream().anyMatch(before -> before.name().equals(policy.name()))) {
                    throw Options.rejected(path, list.get(i), "another policy than those before it");
                }
                policies.named.add(policy);
            }
        } else if (rest != null && rest.containsKey("policy")) {
            policies.named.add(policies.of("configuration", rest.get("policy")));
        } else {
            DEFAULT.forEach(name -> policies.named.add(policies.of("configuration", name)));
        }
        if (policies.named.isEmpty()) {
            throw root.rejected("policies", "at least one policy");
        }
        return policies;
    }

    List<Policy> named() {
        return List.copyOf(named);
    }

    /** A name, or an object with one as JSON. */
    Policy of(String text) {
        return of("", tree(text));
    }

    /** The whole configuration with this policy, as the client with this number has it. */
    Map<String, @Nullable Object> configuration(String text, int client) {
        Map<String, @Nullable Object> whole = new LinkedHashMap<>();
        numbered(configuration, client).forEach((name, value) -> whole.put(String.valueOf(name), value));
        whole.put("policy", tree(text));
        return whole;
    }

    private static @Nullable Object tree(String text) {
        if (!text.strip().startsWith("{")) {
            return text;
        }
        try {
            return JsonReader.tree(text, MAX_CHARACTERS);
        } catch (IOException malformed) {
            throw new IllegalArgumentException(malformed.getMessage(), malformed);
        }
    }

    private Policy of(String path, @Nullable Object policy) {
        Map<String, @Nullable Object> whole = new LinkedHashMap<>();
        configuration.forEach((name, value) -> whole.put(String.valueOf(name), value));
        PickPolicy own = own(path, policy);
        ClientBalancer.@Nullable Factory peer = Peers.areNamedBy(policy) ? Peers.read(path, policy) : null;
        whole.put("policy", own == null && peer == null ? policy : "random");
        try {
            BalancerSettings settings = nowhere(Configurations.parse(whole), configuration);
            if (!reports && settings.stages().stream().anyMatch(Stage::wantsLoadReports)) {
                throw Options.rejected(
                        "stages",
                        configuration.get("stages"),
                        "\"reports\": true beside it, for it goes by what servers report");
            }
            if (!reports && (settings.policy().loadMetric().newLoad().wantsReports() || names(policy, GO_BY_REPORTS))) {
                throw Options.rejected(
                        "policy",
                        Texts.policy(policy),
                        "\"reports\": true beside it, for it goes by what servers report");
            }
            return new Policy(Texts.policy(policy), own == null ? settings : settings.withPolicy(own), peer);
        } catch (IllegalArgumentException rejected) {
            String message = String.valueOf(rejected.getMessage());
            throw new IllegalArgumentException(path.isEmpty() ? message : prefixed(path, message), rejected);
        }
    }

    /** Whether one of these names stands anywhere in it: a policy may have another one for some of its calls. */
    private static boolean names(@Nullable Object policy, Set<String> names) {
        if (policy instanceof Map<?, ?> fields) {
            return fields.entrySet().stream()
                    .anyMatch(field -> names(field.getKey(), names) || names(field.getValue(), names));
        }
        return policy instanceof String name && names.contains(name);
    }

    /** A policy that only a simulation has; null if this is none. */
    private static @Nullable PickPolicy own(String path, @Nullable Object policy) {
        if (policy instanceof Map<?, ?> object && object.containsKey(IdealShortestQueue.NAME)) {
            Options ignored = Options.of(path, object, IdealShortestQueue.NAME).object(IdealShortestQueue.NAME);
            return IdealShortestQueue.UNSEEING;
        }
        return IdealShortestQueue.NAME.equals(policy) ? IdealShortestQueue.UNSEEING : null;
    }

    /** Settings in which only what the configuration itself says of a client's place stands: where the simulator runs says nothing of where its clients do. */
    static BalancerSettings nowhere(BalancerSettings settings, Map<?, ?> configuration) {
        if (!settings.checks().equals(HealthCheckPolicy.NONE)) {
            throw new IllegalArgumentException(
                    "health.checks: was given, expected none: the servers of a simulation have no sockets to check");
        }
        Object zone = configuration.get("stages") instanceof Map<?, ?> stages ? stages.get("zone") : null;
        Map<?, ?> stated = zone instanceof Map<?, ?> fields ? fields : Map.of();
        Locality client = new Locality(text(stated.get("zone")), text(stated.get("node")));
        List<Stage> stages = new ArrayList<>();
        for (Stage stage : settings.stages()) {
            stages.add(
                    stage instanceof ZonePreference preference
                            ? new ZonePreference(
                                    preference.prefer(),
                                    client,
                                    preference.minEndpoints(),
                                    preference.overProvisioningPercent(),
                                    preference.clients(),
                                    preference.reportedLoad())
                            : stage);
        }
        return settings.toBuilder().stages(stages).build();
    }

    /** A subset by the number of clients; null for none. */
    private static @Nullable Map<?, ?> slices(Map<?, ?> configuration) {
        return configuration.get("stages") instanceof Map<?, ?> stages
                        && stages.get("subset") instanceof Map<?, ?> subset
                        && subset.containsKey("clients")
                ? subset
                : null;
    }

    /** The configuration in which a subset by the number of clients has this client's: that of the process is none. */
    private static Map<?, ?> numbered(Map<?, ?> configuration, int client) {
        Map<?, ?> subset = slices(configuration);
        return subset != null && configuration.get("stages") instanceof Map<?, ?> stages
                ? with(configuration, "stages", with(stages, "subset", with(subset, "client", (double) client)))
                : configuration;
    }

    private static Map<Object, @Nullable Object> with(Map<?, ?> fields, String name, Object value) {
        Map<Object, @Nullable Object> next = new LinkedHashMap<>(fields);
        next.put(name, value);
        return next;
    }

    /** The settings of the client with this number: a subset by the number of clients is that client's. */
    static BalancerSettings ofClient(BalancerSettings settings, int client) {
        List<Stage> stages = new ArrayList<>();
        for (Stage stage : settings.stages()) {
            Slice slice = stage instanceof Subset subset ? subset.slice() : null;
            stages.add(
                    stage instanceof Subset subset && slice != null
                            ? new Subset(subset.size(), subset.minUsablePercent(), new Slice(client, slice.clients()))
                            : stage);
        }
        return settings.toBuilder().stages(stages).build();
    }

    private static @Nullable String text(@Nullable Object value) {
        return value instanceof String text ? text : null;
    }

    /** What the configuration calls by its own path, by its path in the scenario. */
    private static String prefixed(String path, String message) {
        if (!path.equals("configuration") && message.startsWith("policy")) {
            return path + message.substring("policy".length());
        }
        return "configuration." + message;
    }
}
