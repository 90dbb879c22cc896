package dev.zerohop.guard;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.EndpointSet;
import dev.zerohop.Log;
import dev.zerohop.Printable;
import dev.zerohop.Resolution;
import dev.zerohop.Resolver;
import dev.zerohop.ShardMap;
import dev.zerohop.picker.KeyPlacement;
import dev.zerohop.picker.ShardPolicy;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Checks on a server whether a call has reached the owner of its key. Clients that route by a shard map with an epoch state it with each attempt; one
 * that has not seen a cut-over yet, or was cut off, comes to an owner of the past. The guard follows the same map as the clients and asks one thing:
 * whether this server owns the key of the call by it. A stale client keeps its calls for all keys that did not move.
 *
 * <p>It is the listener of a {@link Resolver} of the service's target, which the application starts and closes. Over
 * {@link dev.zerohop.resolver.Resolvers#lastGood} it knows the last good map also when the server starts while the source is away.
 *
 * <p>A call that states no epoch is not checked. One that states a later epoch than any this server has seen is accepted: its client knows more. One
 * that stands in for an owner that is down, or whose key is not known here, is checked by the epoch alone. Thread-safe; nothing blocks.
 */
public final class ShardGuard implements Resolver.Listener {
    private static final Log LOG = Log.of(ShardGuard.class);

    /** The header or metadata in which a call states its epoch, and a rejection the one that is in force here. */
    public static final String EPOCH_HEADER = "zerohop-shard-epoch";

    /** The header or metadata of a call that stands in for the owner of its key (owner-down policy SPILL). */
    public static final String NOT_OWNER_HEADER = "zerohop-not-owner";

    /** The header or metadata of a rejection that names the owner of the key: the id of an endpoint. Only where endpoints are assigned by their ids. */
    public static final String OWNER_HEADER = "zerohop-owner";

    /** What becomes of calls that state an epoch while no map is known. */
    public enum WithoutMap {
        /** They are rejected: two owners of one key are worse than none. */
        REJECT,
        /** They run, whatever server owns their keys: for servers that can serve any key, only slower. */
        ACCEPT
    }

    /**
     * Why a call must not run here.
     *
     * @param message what the call stated, what was expected, and what holds here
     * @param epoch the epoch that is in force at this server; {@link ShardMap#NO_EPOCH} if it knows no map
     */
    public record Rejection(String message, long epoch) {

        /** Takes the message in its printable form: what the call stated stands in it. */
        public Rejection {
            message = Printable.text(message);
        }
    }

    /**
     * The map that calls are checked against.
     *
     * @param inForce the placement in force
     * @param moved the placement of the move's epoch, else that in force
     */
    private record Known(ShardMap map, KeyPlacement inForce, KeyPlacement moved) {}

    private final int[] ordinals;
    private final ShardPolicy.Strategy strategy;
    private final WithoutMap withoutMap;
    private final CompletableFuture<ShardMap> first = new CompletableFuture<>();
    private final AtomicBoolean warned = new AtomicBoolean();
    private volatile @Nullable Known known;

    private ShardGuard(Builder builder) {
        this.ordinals = builder.ordinals.clone();
        this.strategy = builder.strategy;
        this.withoutMap = builder.withoutMap;
    }

    /**
     * Starts a guard.
     *
     * @param ordinals the ordinals of this server, at least one
     * @throws IllegalArgumentException if there is none, or one is negative
     */
    public static Builder builder(int... ordinals) {
        return new Builder(ordinals);
    }

    /** Completes with the first map that is known; a server that waits for it before it takes calls rejects none for want of a map. */
    public CompletableFuture<ShardMap> firstMap() {
        return first.copy();
    }

    /** The map that calls are checked against; null while none is known. */
    public @Nullable ShardMap map() {
        Known now = known;
        return now == null ? null : now.map();
    }

    // ---- following ----

    /** A source that cannot be read, or states no map any more, leaves what was known: clients that still state an epoch go by it, too. */
    @Override
    public void onResolution(Resolution now) {
        EndpointSet all = now.endpoints();
        ShardMap map = all == null ? null : all.shardMap();
        if (map == null || !map.hasEpoch()) {
            return;
        }
        Known before = known;
        if (before == null || !before.map().equals(map)) {
            ShardMap.Move move = map.move();
            KeyPlacement inForce = KeyPlacement.of(strategy, map.placementInForce());
            known = new Known(map, inForce, move == null ? inForce : KeyPlacement.of(strategy, move.placement()));
            first.complete(map);
        }
    }

    // ---- judging ----

    /**
     * Judges one call.
     *
     * @param stated what the call states in {@link #EPOCH_HEADER}, null if nothing
     * @param notOwner whether the call has {@link #NOT_OWNER_HEADER}
     * @param key the key of the call, as the client gave it; null if it is not known here
     * @return null if the call may run
     */
    public @Nullable Rejection judge(@Nullable String stated, boolean notOwner, @Nullable EndpointSelector key) {
        if (stated == null) {
            return null;
        }
        Known now = known;
        if (now == null) {
            return unknown(stated);
        }
        ShardMap map = now.map();
        long epoch = number(stated);
        if (epoch == ShardMap.NO_EPOCH) {
            return new Rejection(
                    "shard epoch was '" + stated + "', expected a whole number from 0 to " + ShardMap.MAX_EPOCH,
                    map.epochInForce());
        }
        if (epoch > map.highestEpoch()) {
            return null;
        }
        if (notOwner || key == null) {
            return epoch >= map.epochInForce()
                    ? null
                    : new Rejection(
                            "shard epoch was " + epoch + ", expected " + map.epochInForce() + " or more, "
                                    + (notOwner
                                            ? "of a call that stands in for an owner"
                                            : "as its key is not known here"),
                            map.epochInForce());
        }
        ShardMap.Move move = map.move();
        boolean coming = move != null && epoch == move.epoch();
        int owner = (coming ? now.moved() : now.inForce()).ordinal(key);
        return owns(owner) ? null : misplaced(epoch, coming ? epoch : map.epochInForce(), map.epochInForce(), owner);
    }

    private boolean owns(int ordinal) {
        for (int own : ordinals) {
            if (own == ordinal) {
                return true;
            }
        }
        return false;
    }

    private Rejection misplaced(long stated, long judgedBy, long inForce, int owner) {
        String belongs = owner == Endpoint.NO_ORDINAL ? "the key has no owner" : "the key belongs to ordinal " + owner;
        return new Rejection(
                "shard epoch was " + stated + (stated == judgedBy ? "" : ", expected " + judgedBy) + ": by epoch "
                        + judgedBy + " " + belongs + ", this server is "
                        + IntStream.of(ordinals).mapToObj(String::valueOf).collect(Collectors.joining(", "))
                        + (stated == judgedBy ? "; the client places keys in another way than this server" : ""),
                inForce);
    }

    private @Nullable Rejection unknown(String stated) {
        if (warned.compareAndSet(false, true)) {
            LOG.warn(
                    "no shard map is known, so calls that state an epoch ({} first) are {} until there is one",
                    stated.length() > 20 ? "?" : stated,
                    withoutMap == WithoutMap.REJECT ? "rejected" : "accepted, whatever server owns their keys,");
        }
        return withoutMap == WithoutMap.ACCEPT
                ? null
                : new Rejection(
                        "shard epoch was " + stated
                                + ", and this server knows no shard map yet, expected one: repeat the call later",
                        ShardMap.NO_EPOCH);
    }

    private static long number(String text) {
        try {
            long epoch = Long.parseLong(text);
            return epoch < 0 || epoch > ShardMap.MAX_EPOCH ? ShardMap.NO_EPOCH : epoch;
        } catch (NumberFormatException malformed) {
            return ShardMap.NO_EPOCH;
        }
    }

    @Override
    public String toString() {
        Known now = known;
        return "ShardGuard(ordinals " + Arrays.toString(ordinals) + ", "
                + (now == null ? "no map is known" : "epoch " + now.map().epochInForce()) + ")";
    }

    /** Builds a {@link ShardGuard}. Not thread-safe. */
    public static final class Builder {
        private final int[] ordinals;
        private ShardPolicy.Strategy strategy = ShardPolicy.Strategy.JUMP;
        private WithoutMap withoutMap = WithoutMap.REJECT;

        private Builder(int[] ordinals) {
            if (ordinals.length == 0 || IntStream.of(ordinals).anyMatch(ordinal -> ordinal < 0)) {
                throw new IllegalArgumentException(
                        "ordinals were " + Arrays.toString(ordinals) + ", expected at least one, each 0 or more");
            }
            this.ordinals = ordinals.clone();
        }

        /**
         * Sets how clients place keys on a counted number of shards, {@code JUMP} or {@code MODULO}; explicit maps bring their own. Default: {@code JUMP}.
         *
         * @throws IllegalArgumentException if it is another strategy
         */
        public Builder strategy(ShardPolicy.Strategy strategy) {
            if (strategy != ShardPolicy.Strategy.JUMP && strategy != ShardPolicy.Strategy.MODULO) {
                throw new IllegalArgumentException("strategy was " + strategy + ", expected JUMP or MODULO");
            }
            this.strategy = strategy;
            return this;
        }

        /** Sets what becomes of calls that state an epoch while no map is known. Default: {@link WithoutMap#REJECT}. */
        public Builder withoutMap(WithoutMap withoutMap) {
            this.withoutMap = requireNonNull(withoutMap, "withoutMap");
            return this;
        }

        /** Builds the guard. */
        public ShardGuard build() {
            return new ShardGuard(this);
        }
    }
}
