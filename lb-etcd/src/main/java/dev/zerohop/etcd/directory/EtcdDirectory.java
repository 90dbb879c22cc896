package dev.zerohop.etcd.directory;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Cancellable;
import dev.zerohop.EndpointSelector;
import dev.zerohop.Env;
import dev.zerohop.KeyDirectory;
import dev.zerohop.Log;
import dev.zerohop.Printable;
import dev.zerohop.etcd.client.KeyStore;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.etcd.client.RejectedValue;
import dev.zerohop.etcd.directory.DirectoryCache.Known;
import dev.zerohop.etcd.directory.DirectoryCache.Load;
import dev.zerohop.watch.Backoff;
import dev.zerohop.watch.ListWatch.Change;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The owners of keys, one entry of etcd each, looked up on demand and kept in a {@link DirectoryCache}. One watch on all entries reports changes of those that
 * are kept; the others are ignored.
 *
 * <p>The watch begins with the first look-up. Every watch is a generation: an answer belongs to the generation whose watch would have reported a change of
 * it. When a watch ends, known answers are served while etcd is unreachable, and are read again before their next use once it is reachable. Within a
 * generation the higher revision wins, whether it comes from a read or an event: a read that began before a change never undoes it.
 *
 * <p>State changes belong to one serial executor over {@link Env#blocking}; requests only read. Thread-safe.
 */
public final class EtcdDirectory implements KeyDirectory, AutoCloseable {
    private static final Log LOG = Log.of(EtcdDirectory.class);

    /** Longer keys have no entry: not only the number of cached keys but also their size must be bounded. */
    static final int MAX_KEY_CHARS = 1024;

    /** How many rejected values are remembered, so that each is reported once however often it is read again. */
    static final int MAX_REPORTED = 10_000;

    /** How long an answer is kept beside the cache for the calls that wait for it. */
    static final Duration GRACE = Duration.ofSeconds(1);

    private static final Absent ABSENT = new Absent();

    private final String prefix;
    private final Env env;
    private final long refreshNanos;
    private final Consumer<String> onRejected;
    private final Runnable onClose;
    private final Executor serial;
    private final DirectoryCache cache;
    private final DirectorySource source;
    private final Unknown asking;
    private final Map<Object, Runnable> followers = new ConcurrentHashMap<>();

    private volatile boolean overflowed;
    private final AtomicBoolean closing = new AtomicBoolean();

    // Touched by serial tasks only.
    /** The value of each key that was reported: its revision and content as one number. */
    private final Map<String, Long> reported = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
            return size() > MAX_REPORTED;
        }
    };

    private @Nullable Cancellable sweep;

    /**
     * A directory that is idle until its first look-up.
     *
     * @param prefix ends with a slash
     * @param onRejected takes values that are rejected, on one thread at a time
     * @param onClose runs once, when this is closed
     */
    public EtcdDirectory(
            KeyStore store,
            String prefix,
            Env env,
            DirectoryOptions options,
            Consumer<String> onRejected,
            Runnable onClose) {
        this.prefix = prefix;
        this.env = env;
        this.refreshNanos = options.refresh().toNanos();
        this.onRejected = onRejected;
        this.onClose = onClose;
        this.serial = env.serial(this);
        this.cache = new DirectoryCache(options, env);
        this.source = new DirectorySource(store, prefix, env, serial, new SourceListener());
        this.asking = new Unknown(true, prefix + " is being read from etcd");
    }

    // ---- requests ----

    @Override
    public Answer find(EndpointSelector selector) {
        String key = textOf(selector);
        return answer(key, cache.get(key), true);
    }

    @Override
    public Answer peek(EndpointSelector selector) {
        String key = textOf(selector);
        return answer(key, cache.peek(key), false);
    }

    /** {@code known} must be read before the phase, so that an answer of an earlier watch never counts as one of the present watch. */
    private Answer answer(String key, @Nullable Known known, boolean ask) {
        DirectorySource.Phase now = source.phase();
        if (known != null && known.generation() == now.generation()) {
            if (ask && env.time().nanoTime() - known.refreshNanos() >= 0) {
                ask(key);
            }
            return known.answer();
        }
        Unknown problem = now.problem();
        if (known != null && problem != null) {
            return known.answer();
        }
        if (known == null && !writable(key)) {
            return ABSENT;
        }
        if (ask && now.takesLookUps()) {
            ask(key);
        }
        return problem == null ? asking : problem;
    }

    /** The integer 42 and the text "42" have the same entry. */
    private static String textOf(EndpointSelector selector) {
        String text = selector.text();
        return text != null ? text : Long.toString(selector.number());
    }

    /** Whether there can be an entry of this name. */
    private static boolean writable(String key) {
        return !key.isEmpty()
                && key.length() <= MAX_KEY_CHARS
                && StandardCharsets.UTF_8.newEncoder().canEncode(key);
    }

    private void ask(String key) {
        if (cache.full()) {
            overflowed = true;
            return;
        }
        Load load = cache.begin(key);
        if (load != null) {
            serial.execute(() -> begin(load));
        }
    }

    @Override
    public Cancellable follow(Runnable changed) {
        Object handle = new Object();
        followers.put(handle, changed);
        return () -> followers.remove(handle);
    }

    @Override
    public List<String> explain(EndpointSelector selector) {
        String key = textOf(selector);
        String shown = Printable.text(prefix + key);
        Known known = cache.peek(key);
        DirectorySource.Phase now = source.phase();
        List<String> lines = new ArrayList<>();
        if (known != null) {
            long age = Duration.between(known.asOf(), env.time().now()).toMillis();
            String what = known.answer() instanceof Owner owner
                    ? "names " + owner
                    : known.answer() instanceof Absent ? "is not there" : "cannot be used";
            String since = known.generation() == now.generation()
                    ? ", followed since"
                    : now.problem() == null ? ", to be read again" : ", not followed since";
            lines.add("entry " + shown + " " + what + ", as read " + age + " ms ago at revision " + known.revision()
                    + since);
            if (known.rejection() != null) {
                lines.add(known.rejection());
            }
        } else if (!writable(key)) {
            lines.add("no entry can have this name: it is empty, longer than " + MAX_KEY_CHARS
                    + " characters, or no valid text");
        } else {
            lines.add("entry " + shown + " is not known yet");
        }
        if (now.problem() != null) {
            lines.add(now.problem().reason());
        }
        return lines;
    }

    // ---- look-ups: all below runs on the serial executor, except close ----

    private void begin(Load load) {
        if (source.closed() || !source.phase().takesLookUps()) {
            cache.drop(load);
            notifyFollowers();
        } else {
            source.read(load);
        }
    }

    private final class SourceListener implements DirectorySource.Listener {
        @Override
        public void onRead(List<Load> batch, KeyStore.Reading reading) {
            boolean changed = false;
            for (Load load : batch) {
                changed |= settle(load.key, reading.entries().get(prefix + load.key), reading.revision());
            }
            if (sweep == null) {
                sweepLater();
            }
            if (changed) {
                notifyFollowers();
            }
        }

        @Override
        public void onChanges(List<Change<Entry, Version>> changes) {
            boolean changed = false;
            for (Change<Entry, Version> change : changes) {
                String key = change.key().substring(prefix.length());
                if (cache.wants(key)) {
                    changed |= settle(
                            key,
                            change.value(),
                            requireNonNull(change.version()).revision());
                }
            }
            if (changed) {
                notifyFollowers();
            }
        }

        @Override
        public void onFailure() {
            cache.dropLoads();
            notifyFollowers();
        }

        @Override
        public void onRecovery() {
            notifyFollowers();
        }
    }

    /** Applies an entry as of a revision, unless a newer one is known. Returns whether calls get another answer now. */
    private boolean settle(String key, @Nullable Entry entry, long revision) {
        Known before = cache.peek(key);
        long generation = source.phase().generation();
        boolean current = before != null && before.generation() == generation;
        long now = env.time().nanoTime();
        if (before != null && current && before.revision() > revision) {
            cache.put(key, before, now);
            return false;
        }
        Answer answer = ABSENT;
        String rejection = null;
        if (entry != null) {
            try {
                answer = DirectoryValue.parse(entry.value().toByteArray());
            } catch (IOException bad) {
                Answer good = before != null && before.owned() ? before.answer() : null;
                rejection = new RejectedValue(
                                entry.key(), entry.modRevision(), String.valueOf(bad.getMessage()), good != null)
                        .text();
                answer = good == null ? new Unknown(false, rejection) : good;
            }
        }
        long refresh = now + Backoff.jittered(refreshNanos, env.dice());
        Known known = new Known(
                answer, rejection, revision, generation, refresh, env.time().now());
        cache.put(key, known, now);
        if (entry != null && rejection != null && notReportedYet(key, entry)) {
            LOG.warn("{}", rejection);
            onRejected.accept(rejection);
        }
        return before == null || !current || !before.answer().equals(answer);
    }

    /** Whether a rejected value is new: it soon leaves the cache and is read again, but is reported only once. */
    private boolean notReportedYet(String key, Entry entry) {
        // Includes the value, since an etcd that lost its data reuses revisions.
        long mark = entry.modRevision() * 31 + entry.value().hashCode();
        Long before = reported.put(key, mark);
        return before == null || before != mark;
    }

    private void sweepLater() {
        sweep = env.time()
                .schedule(
                        GRACE.toNanos(),
                        () -> serial.execute(() -> {
                            sweep = null;
                            if (source.closed()) {
                                return;
                            }
                            if (cache.dropAnswered(env.time().nanoTime() - GRACE.toNanos())) {
                                sweepLater();
                            }
                            if (overflowed) {
                                overflowed = false;
                                notifyFollowers();
                            }
                        }));
    }

    private void notifyFollowers() {
        for (Runnable follower : followers.values()) {
            try {
                follower.run();
            } catch (RuntimeException | LinkageError | AssertionError thrown) {
                LOG.error("{}: a follower threw; the others are still notified", prefix, thrown);
            }
        }
    }

    /** Ends the watch, every read and every timer; known answers stay readable. Idempotent. */
    @Override
    public void close() {
        if (!closing.compareAndSet(false, true)) {
            return;
        }
        serial.execute(() -> {
            source.close();
            if (sweep != null) {
                sweep.cancel();
                sweep = null;
            }
            cache.dropLoads();
            notifyFollowers();
            followers.clear();
        });
        // After that task was submitted, so that it runs before the reports of the closed connection.
        onClose.run();
    }

    /** How many keys are kept. */
    long size() {
        return cache.size();
    }

    /** How many keys are under look-up or just answered. */
    int loads() {
        return cache.loads();
    }

    @Override
    public String toString() {
        return "directory " + prefix;
    }
}
