package dev.zerohop.kubernetes;

import static java.util.Objects.requireNonNull;

import dev.zerohop.ShardMap;
import dev.zerohop.ShardPlacement;
import dev.zerohop.resolver.ShardMapJson;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The shard map in the annotation {@value StatefulSetView#SHARDS} of a StatefulSet. A value that is rejected leaves the last good one in force. Each step is
 * a pure function; an immutable value.
 *
 * @param map the map in force; null if no annotation was ever usable
 * @param problem why the latest annotation is not in force, or null
 */
record ShardEpochAnnotation(
        @Nullable ShardMap map, @Nullable String problem) {

    /** Orders the maps that followed each other, the later one greater; withdrawn is later than announced. */
    private static final Comparator<ShardMap> BY_AGE = Comparator.comparingLong(ShardMap::epoch)
            .thenComparingLong(ShardMap::highestEpoch)
            .thenComparing(map -> map.move() == null);

    /** Nothing is known yet. */
    static final ShardEpochAnnotation NONE = new ShardEpochAnnotation(null, null);

    /** The next value. Several sets cannot be changed at the same instant, so the latest annotation counts. */
    ShardEpochAnnotation next(List<StatefulSetView> sets) {
        List<String> wrong = new ArrayList<>();
        Map<String, ShardMap> configured = new TreeMap<>();
        StatefulSetView best = null;
        for (StatefulSetView set : sets) {
            String json = set.shards();
            if (json == null) {
                continue;
            }
            try {
                ShardMap read = ShardMapJson.parse(json.getBytes(StandardCharsets.UTF_8));
                if (!read.hasEpoch()) {
                    throw new IllegalArgumentException(
                            "epoch was missing, expected a number that goes up with every change");
                }
                if (best == null || BY_AGE.compare(read, requireNonNull(configured.get(best.name()), "best")) > 0) {
                    best = set;
                }
                configured.put(set.name(), read);
            } catch (IllegalArgumentException rejected) {
                wrong.add(rejection(set.name(), rejected));
            }
        }
        ShardMap next = map;
        if (best != null) {
            try {
                next = requireNonNull(configured.get(best.name()), "best").following(map);
            } catch (IllegalArgumentException rejected) {
                wrong.add(rejection(best.name(), rejected));
            }
        }
        for (Map.Entry<String, ShardMap> each : configured.entrySet()) {
            try {
                checkAgrees(each.getValue(), next);
            } catch (IllegalArgumentException rejected) {
                wrong.add(rejection(each.getKey(), rejected));
            }
        }
        // As long as there never was an annotation, the replicas count, as documented; removing one does not switch
        // back to them.
        if (map != null && sets.stream().allMatch(set -> set.shards() == null)) {
            wrong.add("no StatefulSet has the annotation " + StatefulSetView.SHARDS
                    + " any more, expected it to stay and to get a new epoch with each change");
        }
        return new ShardEpochAnnotation(next, wrong.isEmpty() ? null : wrong.get(0) + "; " + inForce(next));
    }

    private static String rejection(String set, IllegalArgumentException rejected) {
        return "annotation " + StatefulSetView.SHARDS + " of StatefulSet " + set + ": " + rejected.getMessage();
    }

    private static void checkAgrees(ShardMap map, @Nullable ShardMap other) {
        ShardMap.Move move = map.move();
        checkAgrees(map.epoch(), map.placement(), other);
        if (move != null) {
            checkAgrees(move.epoch(), move.placement(), other);
        }
    }

    private static void checkAgrees(long epoch, ShardPlacement placement, @Nullable ShardMap other) {
        ShardPlacement known = other == null ? null : other.placementOf(epoch);
        if (known != null && !known.equals(placement)) {
            throw new IllegalArgumentException("epoch " + epoch + " was " + placement.words() + ", expected "
                    + known.words() + " as in force: another placement needs a new epoch");
        }
    }

    private static String inForce(@Nullable ShardMap map) {
        return map == null
                ? "until then all desired ordinals count"
                : "epoch " + map.epochInForce() + " stays in force";
    }
}
