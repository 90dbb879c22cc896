package dev.zerohop.picker;

import dev.zerohop.EndpointSelector;
import dev.zerohop.MissingOrdinal;
import dev.zerohop.ShardCount;
import dev.zerohop.ShardMap;
import dev.zerohop.ShardPlacement;
import dev.zerohop.Snapshot;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How keys come to ordinals in one version: what the source says and what the policy says, put together. Immutable. */
final class ResolvedPlacement {
    private final ShardPolicy policy;
    private final @Nullable ShardMap map;
    private final int highest;

    /** The highest ordinal of all, if it is one that is missing. */
    private final @Nullable MissingOrdinal missing;

    private final ShardStrategy strategy;
    private final int shards;
    private final int firstOrdinal;
    private final long epoch;
    private final boolean guessed;
    private final String origin;

    /**
     * A scheme.
     *
     * @param highest the highest ordinal of the members, -1 if none
     * @param before the scheme of the version before, which is taken over as far as it goes
     */
    static ResolvedPlacement of(
            ShardPolicy policy, Snapshot snapshot, int highest, @Nullable ResolvedPlacement before) {
        ShardMap map = snapshot.shardMap();
        List<MissingOrdinal> gone = snapshot.missingOrdinals();
        MissingOrdinal last = gone.isEmpty() ? null : gone.get(gone.size() - 1);
        MissingOrdinal missing = last != null && last.ordinal() > highest ? last : null;
        return before != null
                        && before.highest == highest
                        && Objects.equals(missing, before.missing)
                        && Objects.equals(map, before.map)
                ? before
                : new ResolvedPlacement(policy, map, highest, missing, before);
    }

    private ResolvedPlacement(
            ShardPolicy policy,
            @Nullable ShardMap map,
            int highest,
            @Nullable MissingOrdinal missing,
            @Nullable ResolvedPlacement before) {
        this.policy = policy;
        this.map = map;
        this.highest = highest;
        this.missing = missing;
        ShardPlacement placement = map == null ? null : map.placementInForce();
        if (map != null && placement != null && !(placement instanceof ShardCount)) {
            this.strategy = strategy(placement, before);
            this.shards = highestOf(placement) + 1;
            this.firstOrdinal = 0;
            this.epoch = map.epochInForce();
            this.guessed = false;
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
            this.guessed = false;
            this.origin = count.words() + by(map) + (overrules ? ", which goes before the configured number" : "");
            return;
        }
        this.epoch = ShardMap.NO_EPOCH;
        this.firstOrdinal = policy.firstOrdinal().orElse(count == null ? 0 : count.firstOrdinal());
        if (policy.shards().isPresent()) {
            this.shards = policy.shards().get();
            this.guessed = false;
            this.origin = shards + " shards as configured";
        } else if (count != null) {
            this.shards = count.count();
            this.guessed = false;
            this.origin = shards + " shards as the source says";
        } else {
            int last = missing == null ? highest : missing.ordinal();
            this.shards = (int) Math.max(0, Math.min(Integer.MAX_VALUE, last + 1L - firstOrdinal));
            this.guessed = strategy.counts();
            this.origin = shards == 0
                    ? "the number of shards is unknown: no endpoint has an ordinal"
                            + (firstOrdinal == 0 ? "" : " of " + firstOrdinal + " or more")
                    : shards + " shards, a guess: none are stated, and the highest ordinal seen is "
                            + (missing == null ? String.valueOf(highest) : missing.toString());
        }
    }

    /** Laying out a map takes time, and most versions are made for another reason. */
    private static ShardStrategy strategy(ShardPlacement placement, @Nullable ResolvedPlacement before) {
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

    ShardStrategy strategy() {
        return strategy;
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

    /** Says that an ordinal that owns keys has no endpoint, and what can be done about it if the number of shards is a guess. */
    String absent(int ordinal, String known) {
        String absent = "ordinal " + ordinal + " has no endpoint; ordinals known: " + known;
        return guessed && missing != null && ordinal > highest
                ? absent + "; it counts since no number of shards is stated and the highest ordinal seen is " + missing
                        + ": wait for it, or state the number that is meant (\"shards\" of the shard policy, of the endpoints"
                        + " file, or the key shards in etcd)"
                : absent;
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
