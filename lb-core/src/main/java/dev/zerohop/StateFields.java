package dev.zerohop;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The fields of {@link BalancerState#toMap}. */
final class StateFields {
    private StateFields() {}

    static Map<String, @Nullable Object> of(BalancerState state) {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        fields.put("service", state.service());
        fields.put("adapter", state.adapter());
        fields.put("at", instant(state.at()));
        fields.put("source", source(state));
        fields.put("configuration", configuration(state));
        fields.put("routing", routing(state));
        fields.put("members", members(state));
        return Collections.unmodifiableMap(fields);
    }

    private static Map<String, @Nullable Object> source(BalancerState state) {
        BalancerState.Source source = state.source();
        EndpointSet set = source.set();
        Instant asOf = set == null || set.asOf().equals(Instant.EPOCH) ? null : set.asOf();
        Duration age = source.age(state.at());
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        fields.put("name", source.name());
        fields.put("answers", source.answers());
        fields.put("version", set == null ? null : set.version());
        fields.put("asOf", instant(asOf));
        fields.put("ageMs", age == null || asOf == null ? null : age.toMillis());
        fields.put("stale", set != null && set.stale());
        fields.put("note", set == null ? "" : set.note());
        fields.put("error", source.error());
        fields.put("failingSince", instant(source.failingSince()));
        return Collections.unmodifiableMap(fields);
    }

    private static Map<String, @Nullable Object> configuration(BalancerState state) {
        BalancerState.Configuration configuration = state.configuration();
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        fields.put("policy", configuration.settings().policy().name());
        fields.put("settings", configuration.describe());
        fields.put("rejected", configuration.rejected());
        fields.put("unconfigured", configuration.unconfigured());
        return Collections.unmodifiableMap(fields);
    }

    private static Map<String, @Nullable Object> routing(BalancerState state) {
        BalancerState.Routing routing = state.routing();
        List<Map<String, @Nullable Object>> stages = new ArrayList<>();
        for (Snapshot.Step step : routing.stages()) {
            Map<String, @Nullable Object> stage = new LinkedHashMap<>();
            stage.put("stage", step.stage());
            stage.put("in", step.in());
            stage.put("out", step.out());
            stage.put("note", step.note());
            stage.put("panic", step.panic());
            stages.add(Collections.unmodifiableMap(stage));
        }
        BalancerState.Panic panic = routing.panic();
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        fields.put("members", state.members().size());
        fields.put("candidates", routing.candidates());
        fields.put("shardEpoch", routing.shardEpoch() == ShardMap.NO_EPOCH ? null : routing.shardEpoch());
        fields.put("panic", panic == null ? null : panic.reason());
        fields.put("panicSince", panic == null ? null : instant(panic.since()));
        fields.put("stages", Collections.unmodifiableList(stages));
        return Collections.unmodifiableMap(fields);
    }

    private static List<Map<String, @Nullable Object>> members(BalancerState state) {
        double total = state.members().stream()
                .mapToDouble(BalancerState.Member::weight)
                .sum();
        List<Map<String, @Nullable Object>> members =
                new ArrayList<>(state.members().size());
        for (BalancerState.Member member : state.members()) {
            Endpoint endpoint = member.endpoint();
            Map<String, @Nullable Object> fields = new LinkedHashMap<>();
            fields.put("id", endpoint.id());
            fields.put("address", endpoint.address());
            fields.put("zone", endpoint.zone());
            fields.put("node", endpoint.node());
            fields.put("ordinal", endpoint.hasOrdinal() ? endpoint.ordinal() : null);
            fields.put("readiness", endpoint.readiness().name());
            fields.put("weight", endpoint.weight());
            fields.put("effectiveWeight", number(member.weight()));
            fields.put("fairShare", number(total > 0 ? member.weight() / total : 0));
            belief(member.health(), fields);
            List<Map<String, @Nullable Object>> verdicts = new ArrayList<>();
            for (BalancerState.Belief verdict : member.verdicts()) {
                verdicts.add(Collections.unmodifiableMap(belief(verdict, new LinkedHashMap<>())));
            }
            fields.put("verdicts", Collections.unmodifiableList(verdicts));
            fields.put("inFlight", member.traffic().inFlight());
            fields.put("load", number(member.traffic().load()));
            fields.put("failuresInRow", member.traffic().failuresInRow());
            members.add(Collections.unmodifiableMap(fields));
        }
        return Collections.unmodifiableList(members);
    }

    private static Map<String, @Nullable Object> belief(
            BalancerState.Belief belief, Map<String, @Nullable Object> fields) {
        fields.put("status", belief.status().name());
        fields.put("usable", belief.status().usable());
        fields.put("source", belief.source());
        fields.put("reason", belief.reason());
        fields.put("since", instant(belief.since()));
        fields.put("until", instant(belief.until()));
        return fields;
    }

    private static @Nullable String instant(@Nullable Instant instant) {
        return instant == null ? null : instant.truncatedTo(ChronoUnit.MILLIS).toString();
    }

    /** JSON has no infinity and no "not a number". */
    private static @Nullable Double number(double value) {
        return Double.isFinite(value) ? (Double) value : null;
    }
}
