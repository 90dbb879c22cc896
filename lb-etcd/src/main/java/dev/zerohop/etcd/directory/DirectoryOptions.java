package dev.zerohop.etcd.directory;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * How many keys of a service's directory are kept in memory, and for how long. An immutable value.
 *
 * @param maxKeys how many keys are kept at most, 1 to 10,000,000; the least used ones are evicted
 * @param expiry how long a key is kept after its last use, whether it has an owner or none, 1 s to 30 days
 * @param refresh after how long a key in use is read again although no change was reported, 1 s to 1 day; calls go on with the known answer
 * @param negativeExpiry after how long a rejected entry is read again, 1 ms to 1 hour
 */
public record DirectoryOptions(int maxKeys, Duration expiry, Duration refresh, Duration negativeExpiry) {

    /** 100,000 keys, kept for 1 hour after their last use, read again every 5 minutes, and every 5 seconds if the entry is rejected. */
    public static final DirectoryOptions DEFAULTS =
            new DirectoryOptions(100_000, Duration.ofHours(1), Duration.ofMinutes(5), Duration.ofSeconds(5));

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException naming the option, its value and what was expected
     */
    public DirectoryOptions {
        if (maxKeys < 1 || maxKeys > 10_000_000) {
            throw new IllegalArgumentException("maxKeys was " + maxKeys + ", expected 1 to 10000000");
        }
        check("expiry", expiry, Duration.ofSeconds(1), Duration.ofDays(30));
        check("refresh", refresh, Duration.ofSeconds(1), Duration.ofDays(1));
        check("negativeExpiry", negativeExpiry, Duration.ofMillis(1), Duration.ofHours(1));
    }

    private static void check(String name, Duration value, Duration min, Duration max) {
        if (requireNonNull(value, name).compareTo(min) < 0 || value.compareTo(max) > 0) {
            throw new IllegalArgumentException(name + " was " + value + ", expected " + min + " to " + max);
        }
    }

    /** The same with another number of keys. */
    public DirectoryOptions withMaxKeys(int maxKeys) {
        return new DirectoryOptions(maxKeys, expiry, refresh, negativeExpiry);
    }

    /** The same with another expiry. */
    public DirectoryOptions withExpiry(Duration expiry) {
        return new DirectoryOptions(maxKeys, expiry, refresh, negativeExpiry);
    }

    /** The same with another refresh. */
    public DirectoryOptions withRefresh(Duration refresh) {
        return new DirectoryOptions(maxKeys, expiry, refresh, negativeExpiry);
    }

    /** The same with another negative expiry. */
    public DirectoryOptions withNegativeExpiry(Duration negativeExpiry) {
        return new DirectoryOptions(maxKeys, expiry, refresh, negativeExpiry);
    }
}
