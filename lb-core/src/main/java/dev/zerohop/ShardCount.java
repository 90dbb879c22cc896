package dev.zerohop;

/**
 * How many shards a service is meant to have: the desired number, not the number that happens to be ready. A crashed pod then
 * changes nobody else's owner.
 *
 * @param count number of shards, at least 1
 * @param firstOrdinal ordinal of the first one ({@code spec.ordinals.start} of a StatefulSet), at least 0
 */
public record ShardCount(int count, int firstOrdinal) {

    /**
     * Checks both numbers.
     *
     * @throws IllegalArgumentException if {@code count} is below 1 or {@code firstOrdinal} below 0
     */
    public ShardCount {
        if (count < 1) {
            throw new IllegalArgumentException("shard count was " + count + ", expected 1 or more");
        }
        if (firstOrdinal < 0) {
            throw new IllegalArgumentException("first ordinal was " + firstOrdinal + ", expected 0 or more");
        }
    }
}
