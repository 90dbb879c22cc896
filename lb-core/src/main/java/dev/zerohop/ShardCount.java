package dev.zerohop;

/**
 * How many shards a service is meant to have: the desired number, not the number that happens to be ready. A crashed pod then
 * changes nobody else's owner. As a {@link ShardPlacement} it leaves it to the policy how a key comes to one of them (jump or modulo).
 *
 * @param count number of shards, at least 1
 * @param firstOrdinal ordinal of the first one ({@code spec.ordinals.start} of a StatefulSet), at least 0
 */
public record ShardCount(int count, int firstOrdinal) implements ShardPlacement {

    /**
     * Checks both numbers.
     *
     * @throws IllegalArgumentException if {@code count} is below 1, {@code firstOrdinal} below 0, or their sum above {@link Integer#MAX_VALUE}
     */
    public ShardCount {
        if (count < 1) {
            throw new IllegalArgumentException("shard count was " + count + ", expected 1 or more");
        }
        if (firstOrdinal < 0) {
            throw new IllegalArgumentException("first ordinal was " + firstOrdinal + ", expected 0 or more");
        }
        if ((long) count + firstOrdinal > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("shard count was " + count + " and first ordinal " + firstOrdinal
                    + ", expected a sum of at most " + Integer.MAX_VALUE);
        }
    }

    @Override
    public String words() {
        return count + " shards" + (firstOrdinal == 0 ? "" : " from ordinal " + firstOrdinal);
    }
}
