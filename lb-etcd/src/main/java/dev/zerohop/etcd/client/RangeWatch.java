package dev.zerohop.etcd.client;

import dev.zerohop.Cancellable;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.watch.Backoff;
import dev.zerohop.watch.ListWatch;
import dev.zerohop.watch.ListWatch.Page;
import dev.zerohop.watch.WatchPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Ranges of keys, read completely at one revision and watched from the next one on. etcd never ends a watch normally, so the copy must be verified after each
 * end.
 */
public final class RangeWatch implements ListWatch<Entry, Version> {

    /** The interval of the check, which finds changes that no watch reported. */
    static final Duration CHECK = Duration.ofSeconds(60);

    /** The interval of the full read. It finds the one difference that the check misses: an older change that was lost while a newer one arrived. */
    static final Duration READ = Duration.ofHours(1);

    /** Each single call has a shorter timeout of its own. */
    public static final Duration READ_TIMEOUT = Duration.ofSeconds(15);

    /** How long the server may take to begin a watch. */
    public static final Duration CREATE_TIMEOUT = Duration.ofSeconds(5);

    /** Changes must arrive within 3 s of etcd answering again, so the longest wait is shorter. */
    public static final Backoff BACKOFF =
            new Backoff(Duration.ofMillis(100), Duration.ofSeconds(2), Backoff.Spread.JITTERED, Duration.ofSeconds(30));

    /**
     * A watch that ends sooner counts as one more failure in a row. Otherwise a proxy that accepts every watch and ends it would cause a full read each time.
     */
    static final Duration SETTLED = Duration.ofSeconds(5);

    /** When a member dies, thousands of clients read their whole copy again, so the reads are spread. */
    static final WatchPolicy POLICY = WatchPolicy.builder(BACKOFF)
            .timeouts(READ_TIMEOUT, CREATE_TIMEOUT)
            .quietLosses(0, SETTLED)
            .lossSpread(Duration.ofMillis(1_500))
            .reconcile(CHECK, READ)
            .maxSize(EtcdConnection.MAX_MESSAGE_BYTES)
            .build();

    private final KeyStore store;
    private final List<KeyRange> ranges;
    private KeyStore.@Nullable Watch last;

    RangeWatch(KeyStore store, List<KeyRange> ranges) {
        this.store = store;
        this.ranges = List.copyOf(ranges);
    }

    @Override
    public CompletableFuture<Page<Entry, Version>> list(@Nullable String continueAt) {
        return store.read(ranges).thenApply(RangeWatch::page);
    }

    @Override
    public @Nullable CompletableFuture<Page<Entry, Version>> listStale(int failures) {
        return failures < store.servers()
                ? null
                : store.serializableRead(ranges).thenApply(RangeWatch::page);
    }

    private static Page<Entry, Version> page(KeyStore.Reading reading) {
        return new Page<>(reading.version(), reading.entries(), null);
    }

    @Override
    public Cancellable watch(Version from, Duration life, Watcher<Entry, Version> watcher) {
        last = store.watch(ranges, from, watcher);
        return last;
    }

    /** An event may be older than the read, or than the known value of its key. */
    @Override
    public boolean isOutdated(Change<Entry, Version> change, @Nullable Entry known, Version listed) {
        Version at = change.version();
        long since = known == null ? listed.revision() : Math.max(listed.revision(), known.modRevision());
        return at != null && at.revision() <= since;
    }

    @Override
    public @Nullable String rollback(
            Page<Entry, Version> list, Map<String, Entry> known, Version listed, Version version) {
        String earlier = list.version().rollback(version);
        return earlier != null ? earlier : changedPast(list.values(), known, listed.revision());
    }

    /** A key that has changed without a newer revision: etcd was restored and has passed the known revision since. Null if there is none. */
    private static @Nullable String changedPast(Map<String, Entry> now, Map<String, Entry> known, long listed) {
        for (Entry entry : now.values()) {
            Entry before = known.get(entry.key());
            long since = before == null ? listed : Math.max(listed, before.modRevision());
            if (entry.modRevision() <= since && !entry.equals(before)) {
                return entry.key() + " had another value at revision " + entry.modRevision();
            }
        }
        return null;
    }

    /** Null when the client has moved to another server: the next list then begins a watch there. */
    @Override
    public @Nullable CompletableFuture<BiPredicate<Version, Map<String, Entry>>> check() {
        if (last != null && last.leftBehind()) {
            return null;
        }
        return store.summary(ranges).thenApply(summary -> summary::describes);
    }

    @Override
    public long sizeOf(String key, Entry value) {
        return value.bytes();
    }

    @Override
    public String tooMuch(long limit) {
        return EtcdFailure.tooMuch("etcd has");
    }

    @Override
    public String overdue(String verb, Duration limit) {
        return EtcdFailure.overdue(verb, ranges.toString(), limit);
    }

    @Override
    public String toString() {
        return "etcd, " + ranges.get(0);
    }
}
