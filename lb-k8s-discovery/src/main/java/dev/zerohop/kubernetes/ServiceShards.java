package dev.zerohop.kubernetes;

import dev.zerohop.Target;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The parameters of a target about shards: {@code ?statefulSet=orders-a,orders-b&shardCount=SETTLED}. An immutable value.
 *
 * @param statefulSets the StatefulSets that number the pods; empty to search for the one
 * @param mode when a change of their size takes effect
 */
record ServiceShards(List<String> statefulSets, ShardCounting.Mode mode) {

    /** The parameter that names StatefulSets. */
    static final String STATEFUL_SET = "statefulSet";

    /** The parameter for when a change takes effect. */
    static final String SHARD_COUNT = "shardCount";

    /** For a target without these parameters. */
    static final ServiceShards DEFAULT = new ServiceShards(List.of(), ShardCounting.Mode.SETTLED);

    ServiceShards {
        statefulSets = List.copyOf(statefulSets);
    }

    /** A copy with one more parameter. */
    ServiceShards with(Target target, Target.Parameter parameter) {
        return switch (parameter.name()) {
            case STATEFUL_SET -> new ServiceShards(names(target, parameter), mode);
            case SHARD_COUNT -> new ServiceShards(statefulSets, mode(target, parameter));
            default -> throw new IllegalArgumentException(parameter.name());
        };
    }

    private static List<String> names(Target target, Target.Parameter parameter) {
        List<String> names = new ArrayList<>();
        for (String name : parameter.value().split(",", -1)) {
            if (!Names.isLabel(name) || names.contains(name)) {
                throw target.error(
                        parameter.valuePosition(),
                        "found StatefulSet '" + name
                                + "', expected different names of lower-case letters, digits and '-', separated by commas");
            }
            names.add(name);
        }
        return names;
    }

    private static ShardCounting.Mode mode(Target target, Target.Parameter parameter) {
        return Arrays.stream(ShardCounting.Mode.values())
                .filter(mode -> mode.name().equals(parameter.value()))
                .findFirst()
                .orElseThrow(() -> target.error(
                        parameter.valuePosition(),
                        "found '" + parameter.value() + "', expected one of "
                                + Arrays.toString(ShardCounting.Mode.values())));
    }
}
