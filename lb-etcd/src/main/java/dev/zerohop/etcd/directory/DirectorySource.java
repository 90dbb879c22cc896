package dev.zerohop.etcd.directory;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Cancellable;
import dev.zerohop.Env;
import dev.zerohop.KeyDirectory.Unknown;
import dev.zerohop.Log;
import dev.zerohop.etcd.client.EtcdFailure;
import dev.zerohop.etcd.client.KeyRange;
import dev.zerohop.etcd.client.KeyStore;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.etcd.client.RangeWatch;
import dev.zerohop.etcd.directory.DirectoryCache.Load;
import dev.zerohop.watch.Generations;
import dev.zerohop.watch.ListWatch;
import dev.zerohop.watch.ListWatch.Change;
import dev.zerohop.watch.SourceFailure;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the entries that are looked up, many in one transaction, and watches all entries from the first look-up on. Everything but {@link #phase} is for tasks
 * of the directory's serial executor.
 */
final class DirectorySource {
    private static final Log LOG = Log.of(DirectorySource.class);

    /** etcd takes 128 operations in a transaction. */
    static final int BATCH = 64;

    /** The reads in flight. More would not be faster; the keys that wait share the next transaction. */
    static final int READS = 2;

    private final KeyStore store;
    private final String prefix;
    private final Env env;
    private final Listener listener;
    private final Generations generations;
    private final Queue<Load> queue = new ArrayDeque<>();
    private final Set<Cancellable> deadlines = new HashSet<>();
    private volatile Phase phase = new Phase(0, null);
    private boolean started;
    private boolean readable;
    private int reads;
    private int failures;
    private @Nullable Instant brokenSince;
    private @Nullable Cancellable watch;

    /** Receives the entries of etcd; called by serial tasks. */
    interface Listener {
        /** Keys were read. */
        void onRead(List<Load> batch, KeyStore.Reading reading);

        /** Entries have changed. */
        void onChanges(List<Change<Entry, Version>> changes);

        /** etcd is unreachable; no look-up is under way any more. */
        void onFailure();

        /** etcd is reachable again. */
        void onRecovery();
    }

    /**
     * Which watch is in force, and why etcd is unreachable, if so. After one failure look-ups still wait, since the next attempt is made at once and on
     * another server; the second failure ends them.
     */
    record Phase(long generation, @Nullable Unknown problem) {
        boolean takesLookUps() {
            return problem == null || problem.asking();
        }
    }

    DirectorySource(KeyStore store, String prefix, Env env, Executor serial, Listener listener) {
        this.store = store;
        this.prefix = prefix;
        this.env = env;
        this.listener = listener;
        this.generations = new Generations(serial, env.time(), this::threw);
    }

    /** The present phase; from any thread. */
    Phase phase() {
        return phase;
    }

    boolean closed() {
        return generations.closed();
    }

    /** Looks a key up. The first one begins the watch. */
    void read(Load load) {
        queue.add(load);
        if (!started) {
            started = true;
            sync();
        }
        readNext();
    }

    private void readNext() {
        while (readable && reads < READS && !queue.isEmpty()) {
            List<Load> batch = new ArrayList<>();
            while (batch.size() < BATCH && !queue.isEmpty()) {
                batch.add(queue.remove());
            }
            reads++;
            read(batch.stream().map(load -> KeyRange.key(prefix + load.key)).toList(), reading -> {
                reads--;
                listener.onRead(batch, reading);
                readNext();
            });
        }
    }

    private void read(List<KeyRange> ranges, Consumer<KeyStore.Reading> then) {
        long mine = generations.current();
        Cancellable deadline = env.time()
                .schedule(
                        RangeWatch.READ_TIMEOUT.toNanos(),
                        () -> generations.run(mine, () -> overdue("list", RangeWatch.READ_TIMEOUT)));
        deadlines.add(deadline);
        store.read(ranges)
                .whenComplete((reading, thrown) -> generations.run(mine, () -> {
                    deadline.cancel();
                    deadlines.remove(deadline);
                    if (thrown == null) {
                        then.accept(reading);
                    } else {
                        fail(EtcdFailure.of(thrown));
                    }
                }));
    }

    // ---- watching ----

    private void sync() {
        interrupt(phase.problem());
        // No entry has this key. The answer shows whether etcd is reachable, and at which revision.
        read(List.of(KeyRange.key(prefix)), reading -> {
            readable = true;
            watch = store.watch(List.of(KeyRange.under(prefix)), reading.version(), new Watcher(generations.current()));
            generations.schedule(
                    RangeWatch.CREATE_TIMEOUT.toNanos(), () -> overdue("watch", RangeWatch.CREATE_TIMEOUT));
            readNext();
        });
    }

    /** Takes the reports of one generation's watch. */
    private final class Watcher implements ListWatch.Watcher<Entry, Version> {
        private final long mine;

        Watcher(long mine) {
            this.mine = mine;
        }

        @Override
        public void onOpen() {
            generations.run(mine, DirectorySource.this::opened);
        }

        @Override
        public void onChanges(@Nullable Version upTo, List<Change<Entry, Version>> changes) {
            if (!changes.isEmpty()) {
                generations.run(mine, () -> listener.onChanges(changes));
            }
        }

        @Override
        public void onBookmark(Version upTo) {}

        @Override
        public void onEnd(@Nullable SourceFailure cause) {
            generations.run(mine, () -> fail(requireNonNull(cause)));
        }
    }

    private void opened() {
        failures = 0;
        generations.cancelTimer();
        if (phase.problem() != null) {
            LOG.info("{}: etcd answers again", prefix);
            phase = new Phase(phase.generation(), null);
            listener.onRecovery();
        }
    }

    private void overdue(String verb, Duration limit) {
        fail(new SourceFailure(SourceFailure.Kind.UNREACHABLE, EtcdFailure.overdue(verb, prefix + "*", limit)));
    }

    private void threw(Throwable thrown) {
        fail(new SourceFailure(SourceFailure.Kind.UNREACHABLE, prefix + "* could not be followed: " + thrown, thrown));
    }

    private void fail(SourceFailure cause) {
        failures++;
        if (phase.problem() == null) {
            brokenSince = env.time().now();
            LOG.warn("{}: {}; known owners stay", prefix, cause.getMessage());
        }
        boolean again =
                failures == 1 && cause.kind() != SourceFailure.Kind.DENIED && cause.kind() != SourceFailure.Kind.CLOSED;
        interrupt(new Unknown(
                again,
                "etcd cannot be read since " + brokenSince + " (" + failures + " attempts): " + cause.getMessage()));
        queue.clear();
        if (cause.kind() != SourceFailure.Kind.CLOSED) {
            generations.schedule(RangeWatch.BACKOFF.nanos(cause, failures, env.dice()), this::sync);
        }
        listener.onFailure();
    }

    /** Stops watching, reading and waiting; later reports of the present generation are dropped. */
    private void interrupt(@Nullable Unknown problem) {
        phase = new Phase(generations.next(), problem);
        readable = false;
        reads = 0;
        deadlines.forEach(Cancellable::cancel);
        deadlines.clear();
        if (watch != null) {
            watch.cancel();
            watch = null;
        }
    }

    /** Ends the watch, every read and every timer. */
    void close() {
        interrupt(new Unknown(false, "the source of " + prefix + " is closed"));
        generations.close();
        queue.clear();
    }
}
