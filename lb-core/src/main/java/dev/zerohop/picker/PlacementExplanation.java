package dev.zerohop.picker;

import dev.zerohop.Endpoint;
import dev.zerohop.ShardMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The owner of a key, and the steps that lead to it.
 *
 * @param ordinal the owner's ordinal, or {@link Endpoint#NO_ORDINAL} if the key cannot be placed
 * @param replicas the endpoints of that ordinal whatever their health, the usable ones first; more than one if they are replicas of the shard
 * @param strategy the strategy's name
 * @param shards the number of shards that was used; 0 if it is unknown
 * @param epoch the epoch of the source's shard map that was used, or {@link ShardMap#NO_EPOCH}
 * @param why the steps that lead there, for people
 */
public record PlacementExplanation(
        int ordinal, List<Endpoint> replicas, String strategy, int shards, long epoch, List<String> why) {

    /** Copies the lists. */
    public PlacementExplanation {
        replicas = List.copyOf(replicas);
        why = List.copyOf(why);
    }

    /** The endpoint of the ordinal, whatever its health; the first one if there are several, null if there is none. */
    public @Nullable Endpoint endpoint() {
        return replicas.isEmpty() ? null : replicas.get(0);
    }
}
