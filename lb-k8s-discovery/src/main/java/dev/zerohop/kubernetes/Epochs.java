package dev.zerohop.kubernetes;

import dev.zerohop.ShardMap;
import dev.zerohop.resolver.ShardMapJson;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The shard map that the annotation {@value NumberedSet#SHARDS} of a StatefulSet states. A value that cannot be used leaves the last good one in force.
 * Each step is a pure function; an immutable value.
 *
 * @param map the map in force; null if no annotation was ever usable
 * @param problem why the latest annotation is not in force, or null
 */
record Epochs(@Nullable ShardMap map, @Nullable String problem) {

    /** Nothing is known yet. */
    static final Epochs NONE = new Epochs(null, null);

    /** The next value; of several sets, the annotation with the highest epoch counts. */
    Epochs next(List<NumberedSet> sets) {
        Epochs best = this;
        String wrong = null;
        boolean stated = false;
        for (NumberedSet set : sets) {
            String json = set.shards();
            if (json == null) {
                continue;
            }
            stated = true;
            try {
                ShardMap read = ShardMapJson.parse(json.getBytes(StandardCharsets.UTF_8));
                if (!read.hasEpoch()) {
                    throw new IllegalArgumentException(
                            "epoch was missing, expected a number that goes up with every change");
                }
                read.checkFollows(best.map);
                best = new Epochs(read, null);
            } catch (IllegalArgumentException refused) {
                // Of several sets, one is always changed before the other.
                wrong = "annotation " + NumberedSet.SHARDS + " of StatefulSet " + set.name() + ": "
                        + refused.getMessage();
            }
        }
        if (!stated) {
            wrong = "no StatefulSet has the annotation " + NumberedSet.SHARDS
                    + ", expected one such as {\"epoch\": 1, \"count\": 3}";
        }
        return new Epochs(best.map, wrong == null ? null : wrong + "; " + inForce(best.map));
    }

    private static String inForce(@Nullable ShardMap map) {
        return map == null ? "until then all that are wanted count" : "epoch " + map.epochInForce() + " stays in force";
    }
}
