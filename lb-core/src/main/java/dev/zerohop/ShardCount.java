package dev.zerohop;

/**
 * The number of shards that a service is meant to have, which is not the number of pods that are ready. A crashed pod then moves no key of another
 * shard. As a {@link ShardPlacement} it leaves it to the policy how a key comes to one of them (jump or modulo).
 *
 * @param count number of shards, 1 to {@link #MAX_SHARDS}
 * @param firstOrdinal ordinal of the first one ({@code spec.ordinals.start} of a StatefulSet), 0 to {@link #MAX_SHARDS}
 */
public record ShardCount(int count, int firstOrdinal) implements ShardPlacement {

    /**
     * Checks both numbers.
     *
     * @throws IllegalArgumentException if {@code count} is not within 1 and {@link #MAX_SHARDS}, or {@code firstOrdinal} not within 0 and that
     */
    public ShardCount {
        if (count < 1 || count > MAX_SHARDS) {
            throw new IllegalArgumentException("shard count was " + count + ", expected 1 to " + MAX_SHARDS);
        }
        if (firstOrdinal < 0 || firstOrdinal > MAX_SHARDS) {
            throw new IllegalArgumentException("first ordinal was " + firstOrdinal + ", expected 0 to " + MAX_SHARDS);
        }
    }

    @Override
    public String words() {
        return count + " shards" + (firstOrdinal == 0 ? "" : " from ordinal " + firstOrdinal);
    }

    @Override
    public int highestOrdinal() {
        return firstOrdinal + count - 1;
    }
}
