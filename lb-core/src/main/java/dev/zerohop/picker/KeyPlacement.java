package dev.zerohop.picker;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.ShardCount;
import dev.zerohop.ShardPlacement;

/** A {@link ShardPlacement} laid out, so that the ordinals of many keys are found by it as the policy {@code shard} finds them. Immutable, thread-safe. */
public final class KeyPlacement {
    private final ShardStrategy strategy;
    private final int shards;
    private final int firstOrdinal;

    private KeyPlacement(ShardStrategy strategy, int shards, int firstOrdinal) {
        this.strategy = strategy;
        this.shards = shards;
        this.firstOrdinal = firstOrdinal;
    }

    /**
     * Lays a placement out.
     *
     * @param counted how keys come to a counted shard: {@link ShardPolicy.Strategy#JUMP} or {@link ShardPolicy.Strategy#MODULO}; explicit maps bring their own
     * @throws IllegalArgumentException if it is another strategy
     */
    public static KeyPlacement of(ShardPolicy.Strategy counted, ShardPlacement placement) {
        ShardStrategy byCount = switch (requireNonNull(counted, "counted")) {
            case JUMP -> new ShardStrategy.Jump();
            case MODULO -> new ShardStrategy.Modulo();
            case RANGES, LOOKUP, PREFIX ->
                throw new IllegalArgumentException("strategy was " + counted + ", expected JUMP or MODULO");
        };
        ShardStrategy explicit = ShardStrategy.of(placement);
        if (explicit != null) {
            return new KeyPlacement(explicit, 0, 0);
        }
        ShardCount count = (ShardCount) placement;
        return new KeyPlacement(byCount, count.count(), count.firstOrdinal());
    }

    /** The ordinal that owns the key; {@link Endpoint#NO_ORDINAL} if the placement names none. */
    public int ordinal(EndpointSelector key) {
        return strategy.ordinal(key, shards, firstOrdinal);
    }
}
