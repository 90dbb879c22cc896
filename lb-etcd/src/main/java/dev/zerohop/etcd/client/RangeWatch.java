package dev.zerohop.etcd.client;

import dev.zerohop.Cancellable;
import dev.zerohop.watch.Backoff;
import dev.zerohop.watch.ListWatch;
import dev.zerohop.watch.ListWatch.Page;
import dev.zerohop.watch.SourceFailure;
import dev.zerohop.watch.WatchPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/** A few ranges of keys, read whole at a revision and watched from the next one on. etcd ends no watch in good order, so that each end is a doubt. */
public final class RangeWatch implements ListWatch<KeyStore.Entry, KeyStore.Version> {

    /** Push and poll together: what no watch said is found within this time. */
    static final Duration CHECK = Duration.ofSeconds(60);

    /** The check sees every difference but one: an older change that was lost while a newer one arrived. */
    static final Duration READ = Duration.ofHours(1);

    /** Every read ends by itself well before; one that does not must not be waited for. */
    public static final Duration READ_TIMEOUT = Duration.ofSeconds(15);

    /** How long the server may take to begin a watch. */
    public static final Duration CREATE_TIMEOUT = Duration.ofSeconds(5);

    /** Changes must arrive within 3 s of etcd answering again, so the wait ends below that. */
    public static final Backoff BACKOFF =
            new Backoff(Duration.ofMillis(100), Duration.ofSeconds(2), Backoff.Spread.JITTERED, Duration.ofSeconds(30));

    /** A watch that ends sooner is one failure more in a row: where something takes every watch and ends it, each costs a whole read. */
    static final Duration SETTLED = Duration.ofSeconds(5);

    /** A member that dies is lost by thousands of clients at one instant, each of which reads all of its copy again. */
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
    public CompletableFuture<Page<KeyStore.Entry, KeyStore.Version>> list(@Nullable String continueAt) {
        return store.read(ranges).thenApply(RangeWatch::page);
    }

    @Override
    public @Nullable CompletableFuture<Page<KeyStore.Entry, KeyStore.Version>> listStale(int failures) {
        return failures < store.servers() ? null : store.serializableRead(ranges).thenApply(RangeWatch::page);
    }

    private static Page<KeyStore.Entry, KeyStore.Version> page(KeyStore.Reading reading) {
        return new Page<>(reading.version(), reading.entries(), null);
    }

    @Override
    public Cancellable watch(KeyStore.Version from, Duration life, Watcher<KeyStore.Entry, KeyStore.Version> watcher) {
        KeyStore.Watch begun = store.watch(ranges, from.revision() + 1, new WatchAdapter(from, watcher));
        last = begun;
        return begun;
    }

    /** Hands on what one watch says, with the highest revision so far: the ranges are followed side by side. */
    private static final class WatchAdapter implements KeyStore.Watcher {
        private final Watcher<KeyStore.Entry, KeyStore.Version> watcher;
        private KeyStore.Version version;

        WatchAdapter(KeyStore.Version from, Watcher<KeyStore.Entry, KeyStore.Version> watcher) {
            this.version = from;
            this.watcher = watcher;
        }

        @Override
        public void onCreated() {
            watcher.onOpen();
        }

        @Override
        public void onEvents(long upTo, List<KeyStore.Event> events) {
            version = version.atLeast(upTo);
            KeyStore.Version now = version;
            watcher.onChanges(
                    now,
                    events.stream()
                            .map(event -> new Change<>(
                                    event.key(), event.put(), event.put() == null, now.at(event.modRevision())))
                            .toList());
        }

        @Override
        public void onEnd(SourceFailure cause) {
            watcher.onEnd(cause);
        }
    }

    /** An event may be older than the read, or than what its key already says. */
    @Override
    public boolean isOutdated(
            Change<KeyStore.Entry, KeyStore.Version> change, KeyStore.@Nullable Entry known, KeyStore.Version listed) {
        KeyStore.Version at = change.version();
        long since = known == null ? listed.revision() : Math.max(listed.revision(), known.modRevision());
        return at != null && at.revision() <= since;
    }

    @Override
    public @Nullable String rollback(
            Page<KeyStore.Entry, KeyStore.Version> list,
            Map<String, KeyStore.Entry> known,
            KeyStore.Version listed,
            KeyStore.Version version) {
        String earlier = list.version().rollback(version);
        return earlier != null ? earlier : changedPast(list.values(), known, listed.revision());
    }

    /** What was not written since it was read is as it was, unless etcd was restored and has come past the revision that was known. */
    private static @Nullable String changedPast(
            Map<String, KeyStore.Entry> now, Map<String, KeyStore.Entry> known, long listed) {
        for (KeyStore.Entry entry : now.values()) {
            KeyStore.Entry before = known.get(entry.key());
            long since = before == null ? listed : Math.max(listed, before.modRevision());
            if (entry.modRevision() <= since && !entry.equals(before)) {
                return entry.key() + " was another one at revision " + entry.modRevision();
            }
        }
        return null;
    }

    /** Null when the client has moved: the next list begins a watch where it is now. */
    @Override
    public @Nullable CompletableFuture<BiPredicate<KeyStore.Version, Map<String, KeyStore.Entry>>> check() {
        if (last != null && last.leftBehind()) {
            return null;
        }
        return store.summary(ranges).thenApply(summary -> summary::describes);
    }

    @Override
    public long sizeOf(String key, KeyStore.Entry value) {
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
