package dev.zerohop.etcd.directory;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import dev.zerohop.Env;
import dev.zerohop.KeyDirectory;
import java.time.Instant;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * The answers for keys. Read by any thread, written by one at a time.
 *
 * <p>Beside the bounded cache it holds every key under look-up, and its answer for a short time: a full cache may evict a new key at once, and the calls that
 * wait for it would begin the same look-up again and again.
 */
final class DirectoryCache {

    /** How many keys may be under look-up or just answered; look-ups of other keys wait. */
    static final int MAX_LOADS = 10_000;

    private final Cache<String, Known> cache;
    private final ConcurrentMap<String, Load> loads = new ConcurrentHashMap<>();

    /**
     * What is known about a key.
     *
     * @param answer what calls get
     * @param rejection why the entry is rejected, if it is; the answer is then an earlier one
     * @param revision of the answer
     * @param generation the watch that reports a change of it
     * @param refreshNanos when to read it again although no change was reported
     * @param asOf when etcd answered
     */
    record Known(
            KeyDirectory.Answer answer,
            @Nullable String rejection,
            long revision,
            long generation,
            long refreshNanos,
            Instant asOf) {

        boolean owned() {
            return answer instanceof KeyDirectory.Owner;
        }

        /** Whether the answer comes from etcd: an owner or an absence. */
        boolean settled() {
            return !(answer instanceof KeyDirectory.Unknown);
        }
    }

    /** A key under look-up, or just answered. */
    static final class Load {
        final String key;
        volatile @Nullable Known known;
        long answeredNanos;

        Load(String key) {
            this.key = key;
        }
    }

    DirectoryCache(DirectoryOptions options, Env env) {
        this.cache = Caffeine.newBuilder()
                .maximumSize(options.maxKeys())
                .expireAfter(new ByKind(
                        options.expiry().toNanos(), options.negativeExpiry().toNanos()))
                .ticker(env.time()::nanoTime)
                .executor(env.blocking())
                .build();
    }

    /** What is known; counts as a use of the key. */
    @Nullable
    Known get(String key) {
        Known known = cache.getIfPresent(key);
        return known != null ? known : justAnswered(key);
    }

    /** What is known; does not count as a use of the key. */
    @Nullable
    Known peek(String key) {
        Known known = cache.policy().getIfPresentQuietly(key);
        return known != null ? known : justAnswered(key);
    }

    private @Nullable Known justAnswered(String key) {
        Load load = loads.get(key);
        return load == null ? null : load.known;
    }

    /** Whether changes of the key are needed: it is cached or under look-up. */
    boolean wants(String key) {
        return loads.containsKey(key) || cache.policy().getIfPresentQuietly(key) != null;
    }

    boolean full() {
        return loads.size() >= MAX_LOADS;
    }

    /** Begins a look-up; null if one is under way. */
    @Nullable
    Load begin(String key) {
        if (loads.containsKey(key)) {
            return null;
        }
        Load load = new Load(key);
        return loads.putIfAbsent(key, load) == null ? load : null;
    }

    void drop(Load load) {
        loads.remove(load.key, load);
    }

    void put(String key, Known known, long nowNanos) {
        Load load = loads.get(key);
        if (load != null) {
            load.answeredNanos = nowNanos;
            load.known = known;
        }
        cache.put(key, known);
    }

    /** Drops the look-ups; the content of the cache stays. */
    void dropLoads() {
        loads.clear();
    }

    /** Drops the look-ups that were answered before {@code beforeNanos}. Returns whether answered ones are left. */
    boolean dropAnswered(long beforeNanos) {
        boolean left = false;
        for (Load load : loads.values()) {
            if (load.known == null) {
                continue;
            }
            if (load.answeredNanos - beforeNanos <= 0) {
                drop(load);
            } else {
                left = true;
            }
        }
        return left;
    }

    long size() {
        cache.cleanUp();
        return cache.estimatedSize();
    }

    int loads() {
        return loads.size();
    }

    /** Owners and absences stay while they are used: the watch reports changes of both. A rejected value expires after a short time, used or not. */
    private record ByKind(long expiryNanos, long unusableNanos) implements Expiry<String, Known> {
        private long life(Known known) {
            return known.settled() ? expiryNanos : unusableNanos;
        }

        @Override
        public long expireAfterCreate(String key, Known known, long now) {
            return life(known);
        }

        @Override
        public long expireAfterUpdate(String key, Known known, long now, long left) {
            return life(known);
        }

        @Override
        public long expireAfterRead(String key, Known known, long now, long left) {
            return known.settled() ? expiryNanos : left;
        }
    }
}
