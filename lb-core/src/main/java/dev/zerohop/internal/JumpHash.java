package dev.zerohop.internal;

/**
 * Jump consistent hash (Lamping and Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm", 2014). Part of the placement promise
 * {@code zerohop-shard/v1}. Going from n to n + 1 buckets moves 1/(n + 1) of the keys, all of them to the new bucket.
 */
public final class JumpHash {

    private JumpHash() {}

    /** The bucket of a hash, 0 to {@code buckets - 1}. {@code buckets} is positive. */
    public static int bucket(long hash, int buckets) {
        long key = hash;
        long bucket = -1;
        long next = 0;
        while (next < buckets) {
            bucket = next;
            key = key * 2862933555777941757L + 1;
            // In double, as published: other arithmetic would place some keys elsewhere.
            next = (long) ((bucket + 1) * (0x1.0p31 / ((key >>> 33) + 1)));
        }
        return (int) bucket;
    }
}
