package dev.zerohop.etcd.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.watch.ListWatch;
import dev.zerohop.watch.ListWatch.Change;
import dev.zerohop.watch.SourceFailure;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** An etcd of the test's making, on the test's thread. */
public final class FakeStore implements KeyStore {
    private final Map<String, Entry> entries = new HashMap<>();
    private long revision = 1;

    /** What it says of itself. */
    long cluster = 1;

    long term = 2;

    /** What reads fail with; null when they answer. */
    @Nullable
    public SourceFailure readFailure;

    /** Whether reads are never answered. */
    public boolean silent;

    /** Whether a watch is created at once. */
    public boolean creates = true;

    public int reads;

    /** How often it was asked whether a copy is what it holds. */
    int summaries;

    /** What it answers to that the next time; null for the truth. */
    @Nullable
    Summary nextSummary;

    /** What a member without a quorum has; null when there is none. */
    @Nullable
    Reading serializable;

    int oldReads;

    int servers = 1;

    /** Every range that was read. */
    public final List<KeyRange> rangesRead = new ArrayList<>();

    /** Whether reads wait for {@link #release}. */
    public boolean holdsReads;

    private final List<Runnable> held = new ArrayList<>();

    /** Every watch that was asked for. */
    public final List<FakeWatch> watches = new ArrayList<>();

    public static SourceFailure unreachable() {
        return new SourceFailure(SourceFailure.Kind.UNREACHABLE, "etcd fake is away");
    }

    public static SourceFailure denied() {
        return new SourceFailure(SourceFailure.Kind.DENIED, "etcd fake says permission denied");
    }

    public static final class FakeWatch implements Watch {
        public final List<KeyRange> ranges;
        public final long fromRevision;
        public final ListWatch.Watcher<Entry, Version> watcher;
        public boolean cancelled;
        public boolean leftBehind;
        private Version version;

        @Override
        public boolean leftBehind() {
            return leftBehind;
        }

        @Override
        public void cancel() {
            cancelled = true;
        }

        FakeWatch(List<KeyRange> ranges, Version from, ListWatch.Watcher<Entry, Version> watcher) {
            this.ranges = ranges;
            this.fromRevision = from.revision() + 1;
            this.version = from;
            this.watcher = watcher;
        }

        /** Reports values up to a revision. */
        public void puts(long upTo, Entry... entries) {
            changes(
                    upTo,
                    Stream.of(entries)
                            .map(entry -> change(entry.key(), entry, entry.modRevision()))
                            .toList());
        }

        /** The change of a key; a deletion without {@code put}. */
        Change<Entry, Version> change(String key, @Nullable Entry put, long modRevision) {
            return new Change<>(key, put, put == null, version.at(modRevision));
        }

        /** Reports changes up to a revision; like the real store, never at a lower one than before. */
        void changes(long upTo, List<Change<Entry, Version>> changes) {
            version = version.atLeast(upTo);
            watcher.onChanges(version, changes);
        }
    }

    @Override
    public CompletableFuture<Reading> read(List<KeyRange> ranges) {
        reads++;
        rangesRead.addAll(ranges);
        if (silent) {
            return new CompletableFuture<>();
        }
        SourceFailure failure = readFailure;
        CompletableFuture<Reading> answer = new CompletableFuture<>();
        Map<String, Entry> found = new HashMap<>(entries);
        found.keySet().removeIf(key -> !holds(ranges, key));
        Reading reading = new Reading(revision, cluster, term, found);
        Runnable deliver =
                () -> assertThat(failure == null ? answer.complete(reading) : answer.completeExceptionally(failure))
                        .isTrue();
        if (holdsReads) {
            held.add(deliver);
        } else {
            deliver.run();
        }
        return answer;
    }

    @Override
    public CompletableFuture<Summary> summary(List<KeyRange> ranges) {
        summaries++;
        if (silent) {
            return new CompletableFuture<>();
        }
        SourceFailure failure = readFailure;
        if (failure != null) {
            return CompletableFuture.failedFuture(failure);
        }
        Summary given = nextSummary;
        nextSummary = null;
        if (given != null) {
            return CompletableFuture.completedFuture(given);
        }
        List<Entry> found =
                entries.values().stream().filter(e -> holds(ranges, e.key())).toList();
        return CompletableFuture.completedFuture(new Summary(
                new Version(cluster, term, revision),
                found.size(),
                found.stream().mapToLong(Entry::modRevision).max().orElse(0)));
    }

    private static boolean holds(List<KeyRange> ranges, String key) {
        return ranges.stream()
                .anyMatch(range -> range.end().isEmpty()
                        ? key.equals(range.from())
                        : key.compareTo(range.from()) >= 0 && key.compareTo(range.end()) < 0);
    }

    /** Delivers the answers of reads that were held, as they were when they were read. */
    public void release() {
        List<Runnable> answers = List.copyOf(held);
        held.clear();
        answers.forEach(Runnable::run);
    }

    @Override
    public CompletableFuture<Reading> serializableRead(List<KeyRange> ranges) {
        oldReads++;
        Reading old = serializable;
        return old == null ? CompletableFuture.failedFuture(unreachable()) : CompletableFuture.completedFuture(old);
    }

    @Override
    public int servers() {
        return servers;
    }

    @Override
    public Watch watch(List<KeyRange> ranges, Version from, ListWatch.Watcher<Entry, Version> watcher) {
        FakeWatch watch = new FakeWatch(ranges, from, watcher);
        watches.add(watch);
        if (creates) {
            watcher.onOpen();
        }
        return watch;
    }

    /** Goes away: reads fail and every watch ends. */
    public void goAway() {
        readFailure = unreachable();
        for (FakeWatch watch : List.copyOf(watches)) {
            if (!watch.cancelled) {
                watch.watcher.onEnd(unreachable());
            }
        }
    }

    public FakeWatch lastWatch() {
        return watches.get(watches.size() - 1);
    }

    /** Writes, and every watch says so. */
    public void put(String key, String value) {
        Entry entry = losePut(key, value);
        report(key, entry, entry.modRevision());
    }

    /** Writes, and no watch says so. */
    public Entry losePut(String key, String value) {
        Entry entry = new Entry(key, ByteString.copyFromUtf8(value), ++revision);
        entries.put(key, entry);
        return entry;
    }

    /** Deletes, and every watch says so. */
    public void delete(String key) {
        entries.remove(key);
        report(key, null, ++revision);
    }

    /** Deletes, and no watch says so. */
    void loseDelete(String key) {
        entries.remove(key);
        revision++;
    }

    private void report(String key, @Nullable Entry put, long modRevision) {
        for (FakeWatch watch : List.copyOf(watches)) {
            if (!watch.cancelled && holds(watch.ranges, key)) {
                watch.changes(revision, List.of(watch.change(key, put, modRevision)));
            }
        }
    }

    /** Is as it was when this was asked for. */
    Runnable backup() {
        Map<String, Entry> then = Map.copyOf(entries);
        long thenRevision = revision;
        return () -> {
            entries.clear();
            entries.putAll(then);
            revision = thenRevision;
        };
    }

    /** Loses everything that it knew. */
    public void wipe() {
        entries.clear();
        revision = 1;
    }

    public long revision() {
        return revision;
    }
}
