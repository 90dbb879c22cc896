package dev.zerohop.picker;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.MissingOrdinal;
import dev.zerohop.ShardCount;
import dev.zerohop.ShardMap;
import dev.zerohop.ShardPlacement;
import dev.zerohop.Snapshot;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How keys come to ordinals in one version: from what the source states and what the policy has configured. Immutable. */
final class ResolvedPlacement {
    private final ShardPolicy policy;
    private final @Nullable ShardMap map;
    private final int highest;

    /** The highest ordinal of all, if it is one that is missing. */
    private final @Nullable MissingOrdinal missing;

    /** How keys are placed; null while the number of shards is unknown. */
    private final @Nullable KeyPlacement keys;

    private final int shards;
    private final int firstOrdinal;
    private final long epoch;
    private final boolean guessed;
    private final String origin;

    /**
     * Resolves the placement of a snapshot.
     *
     * @param highest the highest ordinal of the members, -1 if none
     * @param before that of the version before, which is taken over as far as it goes
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
        ShardPlacement stated = map == null ? null : map.placementInForce();
        ShardCount count = stated instanceof ShardCount counted ? counted : null;
        boolean counts = policy.settings().strategy().counts();
        if (map != null && stated != null && count == null) {
            this.keys = explicit(stated, before);
            this.shards = stated.highestOrdinal() + 1;
            this.firstOrdinal = 0;
            this.epoch = map.epochInForce();
            this.guessed = false;
            this.origin = stated.words() + by(map);
            return;
        }
        if (map != null && count != null && map.hasEpoch() && counts) {
            boolean overrules = policy.settings().shards().isPresent()
                    || policy.settings().firstOrdinal().isPresent();
            this.shards = count.count();
            this.firstOrdinal = count.firstOrdinal();
            this.epoch = map.epochInForce();
            this.guessed = false;
            this.origin = count.words() + by(map) + (overrules ? ", which goes before the configured number" : "");
        } else {
            this.epoch = ShardMap.NO_EPOCH;
            this.firstOrdinal = policy.settings().firstOrdinal().orElse(count == null ? 0 : count.firstOrdinal());
            this.guessed = policy.settings().shards().isEmpty() && count == null && counts;
            if (policy.settings().shards().isPresent()) {
                this.shards = policy.settings().shards().get();
                this.origin = shards + " shards as configured";
            } else if (count != null) {
                this.shards = count.count();
                this.origin = shards + " shards as the source says";
            } else {
                int last = missing == null ? highest : missing.ordinal();
                this.shards = (int) Math.max(0, Math.min(Integer.MAX_VALUE, last + 1L - firstOrdinal));
                this.origin = shards == 0
                        ? "the number of shards is unknown: no endpoint has an ordinal"
                                + (firstOrdinal == 0 ? "" : " of " + firstOrdinal + " or more")
                        : shards + " shards, a guess: none are stated, and the highest ordinal seen is "
                                + (missing == null ? String.valueOf(highest) : missing.toString());
            }
        }
        this.keys = !counts
                ? policy.explicit()
                : shards == 0 ? null : KeyPlacement.counted(policy.settings().strategy(), shards, firstOrdinal);
    }

    /** Laying out a map takes time, and most versions are made for another reason. */
    private static KeyPlacement explicit(ShardPlacement placement, @Nullable ResolvedPlacement before) {
        return before != null
                        && before.keys != null
                        && before.map != null
                        && before.map.placementInForce().equals(placement)
                ? before.keys
                : KeyPlacement.explicit(placement);
    }

    private static String by(ShardMap map) {
        return map.hasEpoch() ? " by epoch " + map.epochInForce() + " of the source" : " as the source says";
    }

    /** The name of the strategy. */
    String strategy() {
        return keys == null ? policy.settings().strategy().inLowerCase() : keys.strategy();
    }

    /** How keys are placed; null while the number of shards is unknown. */
    @Nullable
    KeyPlacement keys() {
        return keys;
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

    /** That an ordinal that owns keys has no endpoint, and what can be done about it if the number of shards is a guess. */
    String absent(int ordinal, String known) {
        String absent = "ordinal " + ordinal + " has no endpoint; ordinals known: " + known;
        return guessed && missing != null && ordinal > highest
                ? absent + "; it counts since no number of shards is stated and the highest ordinal seen is " + missing
                        + ": wait for it, or state the number that is meant (\"shards\" of the shard policy, of the"
                        + " endpoints file, or the key shards in etcd)"
                : absent;
    }

    /** Where the placement comes from. */
    String origin() {
        return origin;
    }

    /** The ordinal that owns a key; {@link Endpoint#NO_ORDINAL} if it cannot be placed. */
    int ordinal(EndpointSelector key) {
        return keys == null ? Endpoint.NO_ORDINAL : keys.ordinal(key);
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
                        : there == Endpoint.NO_ORDINAL
                                ? "has no owner"
                                : (begun ? "belongs" : "moves") + " to ordinal " + there);
    }

    private int ordinal(EndpointSelector key, ShardPlacement placement) {
        if (!(placement instanceof ShardCount count)) {
            return KeyPlacement.explicit(placement).ordinal(key);
        }
        return policy.settings().strategy().counts()
                ? KeyPlacement.counted(policy.settings().strategy(), count.count(), count.firstOrdinal())
                        .ordinal(key)
                : Endpoint.NO_ORDINAL;
    }
}
