package dev.zerohop.etcd.directory;

import dev.zerohop.Cancellable;
import dev.zerohop.EndpointSelector;
import dev.zerohop.Env;
import dev.zerohop.KeyDirectory;
import dev.zerohop.Log;
import dev.zerohop.Printable;
import dev.zerohop.etcd.client.EtcdFailure;
import dev.zerohop.etcd.client.KeyRange;
import dev.zerohop.etcd.client.KeyStore;
import dev.zerohop.etcd.client.RangeWatch;
import dev.zerohop.etcd.client.RejectedValue;
import dev.zerohop.etcd.directory.DirectoryCache.Known;
import dev.zerohop.etcd.directory.DirectoryCache.Load;
import dev.zerohop.watch.Backoff;
import dev.zerohop.watch.Generations;
import dev.zerohop.watch.SourceFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The owners of keys, one entry of etcd each, looked up when they are asked for and kept in a {@link DirectoryCache}. One watch on all entries tells of
 * changes of those that are kept; the others are nobody's business here.
 *
 * <p>The watch is begun with the first look-up. Every watch is a generation: what is known belongs to the one that would have told of a change. When a
 * watch ends, for whatever reason, what was known is served while etcd cannot be read, and is read again before it is next used once etcd can. Within a
 * generation the higher revision wins, whether a read or an event brought it: a read that began before a change never undoes it.
 *
 * <p>What changes belongs to one serial executor over {@link Env#blocking}; requests only read. Thread-safe.
 */
final class EtcdDirectory implements KeyDirectory, AutoCloseable {
    private static final Log LOG = Log.of(EtcdDirectory.class);

    /** Longer keys have no entry: their number is bounded and their size must be as well. */
    static final int MAX_KEY_CHARS = 1024;

    /** etcd takes 128 operations in a transaction. */
    static final int BATCH = 64;

    /** More at a time would not make etcd faster; keys that wait meanwhile share the next transaction. */
    static final int READS = 2;

    /** How many refused values are remembered, so that each is said once however often it is read again. */
    static final int MAX_REPORTED = 10_000;

    /** How long an answer is held beside the cache for the calls that wait for it. */
    static final Duration GRACE = Duration.ofSeconds(1);

    private static final Absent ABSENT = new Absent();

    private final KeyStore store;
    private final String prefix;
    private final Env env;
    private final long refreshNanos;
    private final Consumer<String> rejections;
    private final Runnable onClose;
    private final Executor serial;
    private final Generations generations;
    private final DirectoryCache cache;
    private final Unknown asking;
    private final Map<Object, Runnable> followers = new ConcurrentHashMap<>();

    /** Read by requests, written by serial tasks. */
    private volatile Phase phase = new Phase(0, null);

    private volatile boolean overflowed;
    private final AtomicBoolean closing = new AtomicBoolean();

    // Touched by serial tasks only.
    private final Queue<Load> queue = new ArrayDeque<>();
    /** What was said of each key: its revision and value as one number. */
    private final Map<String, Long> told = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
            return size() > MAX_REPORTED;
        }
    };

    private boolean started;
    private boolean readable;
    private int reads;
    private final Set<Cancellable> deadlines = new HashSet<>();
    private int failures;
    private @Nullable Instant brokenSince;
    private @Nullable Cancellable watch;
    private @Nullable Cancellable sweep;

    /**
     * Which watch is in force, and why etcd cannot be read, if so. After one failure look-ups still wait, since the next attempt is a moment away and goes to
     * another server; the second one ends them.
     */
    private record Phase(long generation, @Nullable Unknown problem) {
        boolean takesLookUps() {
            return problem == null || problem.asking();
        }
    }

    /**
     * {@code prefix} ends with a slash. {@code rejections} is told of values that cannot be used, by one thread at a time. {@code onClose} runs once when all
     * is ended.
     */
    EtcdDirectory(
            KeyStore store,
            String prefix,
            Env env,
            DirectoryOptions options,
            Consumer<String> rejections,
            Runnable onClose) {
        this.store = store;
        this.prefix = prefix;
        this.env = env;
        this.refreshNanos = options.refresh().toNanos();
        this.rejections = rejections;
        this.onClose = onClose;
        this.serial = env.serial(this);
        this.generations = new Generations(serial, env.time(), this::threw);
        this.cache = new DirectoryCache(options, env);
        this.asking = new Unknown(true, "etcd is being asked for " + prefix);
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

    /** {@code known} was read before the phase is: what a later watch vouches for is never taken for what an earlier one did. */
    private Answer answer(String key, @Nullable Known known, boolean ask) {
        Phase now = phase;
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

    /** The same entry for the integer 42 and the text "42". */
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
        Phase now = phase;
        List<String> lines = new ArrayList<>();
        if (known != null) {
            long age = Duration.between(known.asOf(), env.time().now()).toMillis();
            String what = known.answer() instanceof Owner owner
                    ? "names " + owner
                    : known.answer() instanceof Absent ? "is not there" : "cannot be used";
            String since = known.generation() == now.generation()
                    ? ", followed since"
                    : now.problem() == null ? ", to be read again" : ", not followed since";
            lines.add("entry " + shown + " " + what + ", as etcd said " + age + " ms ago at revision "
                    + known.revision() + since);
            if (known.refusal() != null) {
                lines.add(known.refusal());
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

    // ---- look-ups: everything below runs on the serial executor, except close ----

    private void begin(Load load) {
        if (generations.closed() || !phase.takesLookUps()) {
            cache.drop(load);
            tell();
            return;
        }
        queue.add(load);
        if (!started) {
            started = true;
            sync();
        }
        pump();
    }

    /** Reads what waits, as many keys in a transaction as have gathered. */
    private void pump() {
        while (readable && reads < READS && !queue.isEmpty()) {
            List<Load> batch = new ArrayList<>();
            List<KeyRange> ranges = new ArrayList<>();
            while (batch.size() < BATCH && !queue.isEmpty()) {
                Load load = queue.remove();
                batch.add(load);
                ranges.add(KeyRange.key(prefix + load.key));
            }
            reads++;
            read(ranges, reading -> {
                reads--;
                take(batch, reading);
                pump();
            });
        }
    }

    private void read(List<KeyRange> ranges, Consumer<KeyStore.Reading> then) {
        long mine = phase.generation();
        Cancellable deadline = env.time()
                .schedule(
                        RangeWatch.READ_TIMEOUT.toNanos(),
                        () -> generations.run(mine, () -> fail(overdue("list", RangeWatch.READ_TIMEOUT))));
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

    private void take(List<Load> batch, KeyStore.Reading reading) {
        boolean changed = false;
        for (Load load : batch) {
            changed |= settle(load.key, reading.entries().get(prefix + load.key), reading.revision());
        }
        if (sweep == null) {
            sweepLater();
        }
        if (changed) {
            tell();
        }
    }

    private void apply(List<KeyStore.Event> events) {
        boolean changed = false;
        for (KeyStore.Event event : events) {
            String key = event.key().substring(prefix.length());
            if (cache.wants(key)) {
                changed |= settle(key, event.put(), event.modRevision());
            }
        }
        if (changed) {
            tell();
        }
    }

    /** Takes what the entry was at a revision, unless something newer is known. Says whether calls get another answer now. */
    private boolean settle(String key, KeyStore.@Nullable Entry entry, long revision) {
        Known before = cache.peek(key);
        long generation = phase.generation();
        boolean current = before != null && before.generation() == generation;
        long now = env.time().nanoTime();
        if (before != null && current && before.revision() > revision) {
            cache.put(key, before, now);
            return false;
        }
        Answer answer = ABSENT;
        String refusal = null;
        if (entry != null) {
            try {
                answer = DirectoryValue.parse(entry.value().toByteArray());
            } catch (IOException refused) {
                Answer good = before != null && before.owned() ? before.answer() : null;
                refusal = new RejectedValue(
                                entry.key(), entry.modRevision(), String.valueOf(refused.getMessage()), good != null)
                        .text();
                answer = good == null ? new Unknown(false, refusal) : good;
            }
        }
        long refresh = now + Backoff.jittered(refreshNanos, env.dice());
        Known known = new Known(
                answer, refusal, revision, generation, refresh, env.time().now());
        cache.put(key, known, now);
        if (entry != null && refusal != null && notReportedYet(key, entry)) {
            LOG.warn("{}", refusal);
            rejections.accept(refusal);
        }
        return before == null || !current || !before.answer().equals(answer);
    }

    /** What cannot be used is soon dropped from the cache and read again; it is the same mistake. */
    private boolean notReportedYet(String key, KeyStore.Entry entry) {
        // With the value: an etcd that lost its data gives the same revisions again.
        long mark = entry.modRevision() * 31 + entry.value().hashCode();
        Long before = told.put(key, mark);
        return before == null || before != mark;
    }

    private void sweepLater() {
        sweep = env.time()
                .schedule(
                        GRACE.toNanos(),
                        () -> serial.execute(() -> {
                            sweep = null;
                            if (generations.closed()) {
                                return;
                            }
                            if (cache.dropAnswered(env.time().nanoTime() - GRACE.toNanos())) {
                                sweepLater();
                            }
                            if (overflowed) {
                                overflowed = false;
                                tell();
                            }
                        }));
    }

    // ---- following ----

    private void sync() {
        interrupt(phase.problem());
        // No entry has this key. The answer says that etcd can be asked, and as of which revision.
        read(List.of(KeyRange.key(prefix)), reading -> {
            readable = true;
            long mine = phase.generation();
            watch = store.watch(List.of(KeyRange.under(prefix)), reading.revision() + 1, new Watcher(mine));
            generations.schedule(
                    RangeWatch.CREATE_TIMEOUT.toNanos(), () -> fail(overdue("watch", RangeWatch.CREATE_TIMEOUT)));
            pump();
        });
    }

    /** Hands over what one generation's watch says. */
    private final class Watcher implements KeyStore.Watcher {
        private final long mine;

        Watcher(long mine) {
            this.mine = mine;
        }

        @Override
        public void onCreated() {
            generations.run(mine, EtcdDirectory.this::following);
        }

        @Override
        public void onEvents(long upTo, List<KeyStore.Event> events) {
            if (!events.isEmpty()) {
                generations.run(mine, () -> apply(events));
            }
        }

        @Override
        public void onEnd(SourceFailure cause) {
            generations.run(mine, () -> fail(cause));
        }
    }

    private void following() {
        failures = 0;
        generations.cancelTimer();
        if (phase.problem() != null) {
            LOG.info("{}: etcd answers again", prefix);
            phase = new Phase(phase.generation(), null);
            tell();
        }
    }

    private void fail(SourceFailure cause) {
        failures++;
        if (phase.problem() == null) {
            brokenSince = env.time().now();
            LOG.warn("{}: {}; owners that are known stay", prefix, cause.getMessage());
        }
        boolean again =
                failures == 1 && cause.kind() != SourceFailure.Kind.DENIED && cause.kind() != SourceFailure.Kind.CLOSED;
        interrupt(new Unknown(
                again,
                "etcd cannot be read since " + brokenSince + " (" + failures + " attempts): " + cause.getMessage()));
        cache.dropLoads();
        queue.clear();
        if (cause.kind() != SourceFailure.Kind.CLOSED) {
            generations.schedule(RangeWatch.BACKOFF.nanos(cause, failures, env.dice()), this::sync);
        }
        tell();
    }

    private void threw(Throwable thrown) {
        fail(new SourceFailure(SourceFailure.Kind.UNREACHABLE, prefix + "* could not be followed: " + thrown, thrown));
    }

    private SourceFailure overdue(String verb, Duration limit) {
        return new SourceFailure(SourceFailure.Kind.UNREACHABLE, EtcdFailure.overdue(verb, prefix + "*", limit));
    }

    private void tell() {
        for (Runnable follower : followers.values()) {
            try {
                follower.run();
            } catch (RuntimeException | LinkageError | AssertionError thrown) {
                LOG.error("{}: a follower threw; the others are told all the same", prefix, thrown);
            }
        }
    }

    /** Ends the watch, every read and every timer; what is known stays readable. Idempotent. */
    @Override
    public void close() {
        if (!closing.compareAndSet(false, true)) {
            return;
        }
        serial.execute(() -> {
            interrupt(new Unknown(false, "the source of " + prefix + " is closed"));
            generations.close();
            if (sweep != null) {
                sweep.cancel();
                sweep = null;
            }
            cache.dropLoads();
            queue.clear();
            tell();
            followers.clear();
        });
        // What the connection says when it ends now comes behind that task and is dropped.
        onClose.run();
    }

    // ---- generations ----

    /** Stops following, reading and waiting; whatever the generation until now still says is dropped. */
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
