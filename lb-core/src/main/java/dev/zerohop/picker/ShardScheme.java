package dev.zerohop.picker;

import dev.zerohop.EndpointSelector;
import dev.zerohop.ShardCount;
import dev.zerohop.ShardMap;
import dev.zerohop.ShardPlacement;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How keys come to ordinals in one version: what the source says and what the policy says, put together. Immutable. */
final class ShardScheme {
    private final ShardPolicy policy;
    private final @Nullable ShardMap map;
    private final int highest;
    private final ShardStrategy strategy;
    private final int shards;
    private final int firstOrdinal;
    private final long epoch;
    private final String origin;

    /**
     * A scheme.
     *
     * @param highest the highest ordinal known, -1 if none
     * @param before the scheme of the version before, which is taken over as far as it goes
     */
    static ShardScheme of(ShardPolicy policy, @Nullable ShardMap map, int highest, @Nullable ShardScheme before) {
        return before != null && before.highest == highest && Objects.equals(map, before.map)
                ? before
                : new ShardScheme(policy, map, highest, before);
    }

    private ShardScheme(ShardPolicy policy, @Nullable ShardMap map, int highest, @Nullable ShardScheme before) {
        this.policy = policy;
        this.map = map;
        this.highest = highest;
        ShardPlacement placement = map == null ? null : map.placementInForce();
        if (map != null && placement != null && !(placement instanceof ShardCount)) {
            this.strategy = strategy(placement, before);
            this.shards = highestOf(placement) + 1;
            this.firstOrdinal = 0;
            this.epoch = map.epochInForce();
            this.origin = placement.words() + by(map);
            return;
        }
        ShardCount count = placement instanceof ShardCount stated ? stated : null;
        this.strategy = policy.strategy();
        if (map != null && count != null && map.hasEpoch() && strategy.counts()) {
            boolean overrules =
                    policy.shards().isPresent() || policy.firstOrdinal().isPresent();
            this.shards = count.count();
            this.firstOrdinal = count.firstOrdinal();
            this.epoch = map.epochInForce();
            this.origin = count.words() + by(map) + (overrules ? ", which goes before the configured number" : "");
            return;
        }
        this.epoch = ShardMap.NO_EPOCH;
        this.firstOrdinal = policy.firstOrdinal().orElse(count == null ? 0 : count.firstOrdinal());
        if (policy.shards().isPresent()) {
            this.shards = policy.shards().get();
            this.origin = shards + " shards as configured";
        } else if (count != null) {
            this.shards = count.count();
            this.origin = shards + " shards as the source says";
        } else {
            this.shards = Math.max(0, highest + 1 - firstOrdinal);
            this.origin = shards == 0
                    ? "the number of shards is unknown: no endpoint has an ordinal"
                            + (firstOrdinal == 0 ? "" : " of " + firstOrdinal + " or more")
                    : shards + " shards by the highest ordinal known, " + highest;
        }
    }

    /** Laying out a map takes time, and most versions are made for another reason. */
    private static ShardStrategy strategy(ShardPlacement placement, @Nullable ShardScheme before) {
        ShardMap known = before == null ? null : before.map;
        if (before != null && known != null && known.placementInForce().equals(placement)) {
            return before.strategy;
        }
        return Objects.requireNonNull(ShardStrategy.of(placement), "strategy of an explicit map");
    }

    private static int highestOf(ShardPlacement placement) {
        int highest = -1;
        if (placement instanceof ShardPlacement.Ranges ranges) {
            highest = ranges.otherwise().orElse(-1);
            for (ShardPlacement.Range range : ranges.ranges()) {
                highest = Math.max(highest, range.ordinal());
            }
        } else if (placement instanceof ShardPlacement.Lookup lookup) {
            highest = highestOf(lookup.table(), lookup.otherwise().orElse(-1));
        } else if (placement instanceof ShardPlacement.Prefixes prefixes) {
            highest = highestOf(prefixes.table(), prefixes.otherwise().orElse(-1));
        }
        return highest;
    }

    private static int highestOf(Map<String, Integer> table, int otherwise) {
        int highest = otherwise;
        for (int ordinal : table.values()) {
            highest = Math.max(highest, ordinal);
        }
        return highest;
    }

    private static String by(ShardMap map) {
        return map.hasEpoch() ? " by epoch " + map.epochInForce() + " of the source" : " as the source says";
    }

    /** The strategy's name. */
    String name() {
        return strategy.name();
    }

    /** The number of shards; 0 if it is unknown. */
    int shards() {
        return shards;
    }

    int firstOrdinal() {
        return firstOrdinal;
    }

    /** The epoch by which keys are placed, or {@link ShardMap#NO_EPOCH}. */
    long epoch() {
        return epoch;
    }

    /** Where the placement comes from. */
    String origin() {
        return origin;
    }

    /** Whether keys cannot be placed for want of a number of shards. */
    boolean unknown() {
        return shards == 0 && strategy.counts();
    }

    /** The ordinal that owns a key, or {@link ShardStrategy#NOT_PLACED}. */
    int ordinal(EndpointSelector key) {
        return unknown() ? ShardStrategy.NOT_PLACED : strategy.ordinal(key, shards, firstOrdinal);
    }

    /** How the key comes to its ordinal, or why it does not. */
    String why(EndpointSelector key) {
        return strategy.why(key, shards, firstOrdinal);
    }

    /** What the move that is under way means for a key; null if there is none. */
    @Nullable
    String outlook(EndpointSelector key) {
        ShardMap.Move move = map == null ? null : map.move();
        if (map == null || move == null || epoch == ShardMap.NO_EPOCH) {
            return null;
        }
        boolean begun = epoch == move.epoch();
        int here = ordinal(key);
        int there = ordinal(key, begun ? map.placement() : move.placement());
        String what = begun
                ? "epoch " + epoch + " is in force at once (" + move.keys() + ") while epoch " + map.epoch()
                        + " is the present one, under which the key "
                : "epoch " + move.epoch() + " is announced, " + move.placement().words() + " (" + move.keys()
                        + "); at the cut-over the key ";
        return what
                + (here == there
                        ? "stays where it is"
                        : there == ShardStrategy.NOT_PLACED
                                ? "has no owner"
                                : (begun ? "belongs" : "moves") + " to ordinal " + there);
    }

    private int ordinal(EndpointSelector key, ShardPlacement placement) {
        ShardStrategy explicit = ShardStrategy.of(placement);
        if (explicit != null) {
            return explicit.ordinal(key, 0, 0);
        }
        return placement instanceof ShardCount count && policy.strategy().counts()
                ? policy.strategy().ordinal(key, count.count(), count.firstOrdinal())
                : ShardStrategy.NOT_PLACED;
    }
}
