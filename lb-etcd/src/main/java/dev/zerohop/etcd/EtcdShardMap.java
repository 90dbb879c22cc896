package dev.zerohop.etcd;

import static java.util.Objects.requireNonNull;

import dev.zerohop.ShardMap;
import dev.zerohop.ShardMap.MovingKeys;
import dev.zerohop.ShardPlacement;
import dev.zerohop.etcd.client.Leases;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.service.ShardsValue;
import dev.zerohop.resolver.ShardMapJson;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Changes the shard map of a service. Each step reads the map, computes the next one, and writes it by compare-and-swap, so the second of two concurrent
 * moves fails. Epochs are taken from the map, which records the highest epoch ever announced, so no two placements share one. A step that was already made
 * changes nothing, so a step whose answer was lost can be repeated.
 *
 * <p>Futures fail with an {@link IllegalStateException} with the present map and what was expected if the step does not fit the map, and with an
 * {@link java.io.IOException} if etcd cannot be read. Thread-safe; nothing blocks.
 */
public final class EtcdShardMap {

    /** The default epoch of a service's first map. */
    public static final long FIRST_EPOCH = 1;

    /** How often a step is tried. So many lost races mean that another writer changes the map in a loop. */
    private static final int ATTEMPTS = 10;

    private final Leases keys;
    private final String key;

    private EtcdShardMap(Leases keys, String key) {
        this.keys = keys;
        this.key = key;
    }

    /**
     * The shard map of a service.
     *
     * @param client stays open; it must outlive the steps
     * @throws IllegalArgumentException if the service is blank or has a slash
     */
    public static EtcdShardMap of(EtcdClient client, String service) {
        return new EtcdShardMap(
                new Leases(client.cluster().connection()),
                new ServiceKeys(requireNonNull(service, "service")).shards());
    }

    /** What etcd holds; empty if there is no map. */
    public CompletableFuture<Optional<ShardMap>> read() {
        return keys.find(key).thenApply(found -> found.map(this::parse));
    }

    /**
     * Writes the first map. If a map was deleted before, {@code epoch} must be above every epoch that was ever announced, since clients remember them.
     *
     * @throws IllegalArgumentException if the epoch is out of its range
     */
    public CompletableFuture<ShardMap> begin(long epoch, ShardPlacement placement) {
        ShardMap first = ShardMap.of(epoch, placement);
        return change(present -> {
            if (present == null || present.equals(first)) {
                return first;
            }
            throw new IllegalStateException("epoch " + present.epoch() + ", "
                    + present.placement().words() + ", exists already, expected no map: announce a move");
        });
    }

    /** Announces a move to the next unused epoch, which the returned map contains. */
    public CompletableFuture<ShardMap> announce(ShardPlacement placement, MovingKeys keys) {
        return announce(placement, keys, 0);
    }

    /**
     * The same with an epoch of at least {@code leastEpoch}. After etcd was restored from a backup, clients may have seen epochs that the map does not
     * record; their status keys report the epoch above which they follow the map again.
     *
     * @throws IllegalArgumentException if the epoch is out of its range
     */
    public CompletableFuture<ShardMap> announce(ShardPlacement placement, MovingKeys keys, long leastEpoch) {
        requireNonNull(placement, "placement");
        requireNonNull(keys, "keys");
        if (leastEpoch < 0 || leastEpoch > ShardMap.MAX_EPOCH) {
            throw new IllegalArgumentException("epoch was " + leastEpoch + ", expected 0 to " + ShardMap.MAX_EPOCH);
        }
        return change(present -> required(present).announcing(placement, keys, leastEpoch));
    }

    /** Makes the announced epoch the current one. */
    public CompletableFuture<ShardMap> cutOver(long epoch) {
        return change(present -> required(present).cutOverTo(epoch));
    }

    /** Withdraws the move to an epoch, unless its keys have moved already. The epoch is never used again. */
    public CompletableFuture<ShardMap> withdraw(long epoch) {
        return change(present -> required(present).withdrawing(epoch));
    }

    private ShardMap required(@Nullable ShardMap present) {
        if (present == null) {
            throw new IllegalStateException(
                    "there is no map at " + key + ", expected one: begin with the present placement");
        }
        return present;
    }

    // ---- compare and swap ----

    private CompletableFuture<ShardMap> change(UnaryOperator<@Nullable ShardMap> step) {
        return change(step, ATTEMPTS);
    }

    private CompletableFuture<ShardMap> change(UnaryOperator<@Nullable ShardMap> step, int attempts) {
        return keys.find(key).thenCompose(found -> {
            ShardMap present = found.map(this::parse).orElse(null);
            ShardMap next = requireNonNull(step.apply(present), "next");
            if (next.equals(present)) {
                return CompletableFuture.completedFuture(next);
            }
            long revision = found.map(Leases.Stored::revision).orElse(0L);
            return keys.replace(key, revision, ShardMapJson.write(next), 0).thenCompose(done -> {
                if (done) {
                    return CompletableFuture.completedFuture(next);
                }
                return attempts > 1
                        ? change(step, attempts - 1)
                        : CompletableFuture.failedFuture(new IllegalStateException(key + " was changed " + ATTEMPTS
                                + " times while this change was made, expected no other writer"));
            });
        });
    }

    private ShardMap parse(Leases.Stored stored) {
        try {
            return ShardsValue.numbered(stored.value().toByteArray());
        } catch (IllegalArgumentException bad) {
            throw new IllegalStateException(
                    key + " at revision " + stored.revision() + " cannot be used, expected a shard map: "
                            + bad.getMessage(),
                    bad);
        }
    }

    @Override
    public String toString() {
        return "EtcdShardMap(" + key + ")";
    }
}
