package dev.zerohop.watch;

import dev.zerohop.Cancellable;
import dev.zerohop.Env;
import dev.zerohop.Log;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A local copy of a selection of a store's values, as the reflector of Kubernetes' client-go: listed whole, then watched from the list's version on. A watch
 * that the server ended in good order is taken up again where it ended; on any doubt (a lost connection, an expired version, a long silence, a check that shows
 * a difference) everything is listed again and compared. The copy outlives the server.
 *
 * <p>All state belongs to one serial executor over {@link Env#blocking}; no caller is ever blocked. Every attempt has a generation number, and what an earlier
 * one still says is dropped. Thread-safe.
 *
 * @param <V> the values
 * @param <R> the store's versions
 */
public final class Reflector<V, R> {
    private static final Log LOG = Log.of(Reflector.class);

    /** Learns of every change; called by one thread at a time, from the first answer on. Must not block. */
    public interface Subscriber<V, R> {
        /** The whole copy. {@code stale} says that the store cannot be asked just now; why follows in {@link #onFailure}. */
        void onState(State<V, R> state, boolean stale);

        /** The store was asked and says the same as before. */
        void onConfirmed(Instant asOf);

        /** The store could not be asked; the last state stays in force, and is stale from now on. */
        void onFailure(SourceFailure cause);
    }

    /**
     * The copy.
     *
     * @param version the store's version of it
     * @param values by key
     * @param asOf when the store vouched for it
     * @param history how often the store was seen to be put back to an earlier state: versions of two states are compared only if this is the same
     */
    public record State<V, R>(R version, Map<String, V> values, Instant asOf, long history) {

        /** The same, as the store vouched for it later. */
        public State<V, R> confirmed(Instant later) {
            return new State<>(version, values, later, history);
        }
    }

    private final ListWatch<V, R> source;
    private final WatchPolicy policy;
    private final Env env;
    private final Executor serial;
    private final Generations generations;

    // Touched by serial tasks only.
    private final List<Subscriber<V, R>> subscribers = new ArrayList<>();
    private Map<String, V> values = new HashMap<>();
    private @Nullable State<V, R> state;
    private @Nullable R listed;
    private @Nullable R version;
    private long history;
    /** Of {@link #values}. */
    private long size;

    private @Nullable SourceFailure problem;
    private final Set<List<Object>> logged = new HashSet<>();
    private int failures;
    private boolean started;
    private boolean publishing;
    private boolean open;
    private boolean bookmarks;
    /** In thousandths of the limit of silence; drawn for each watch. */
    private long patience;

    private long heardNanos;
    private long openedNanos;
    private long checkNanos;
    private long listNanos;
    private @Nullable CompletableFuture<?> request;
    private @Nullable Cancellable watch;

    /** A copy that begins with its first subscriber. */
    public Reflector(ListWatch<V, R> source, WatchPolicy policy, Env env) {
        this.source = source;
        this.policy = policy;
        this.env = env;
        this.serial = env.serial(source);
        this.generations = new Generations(serial, env.time());
    }

    /** Adds a subscriber, which learns of the present state if there is one. The first one starts the reflector. */
    public void subscribe(Subscriber<V, R> subscriber) {
        serial.execute(() -> {
            if (generations.closed()) {
                return;
            }
            subscribers.add(subscriber);
            if (!started) {
                started = true;
                guarded(this::start).run();
                return;
            }
            State<V, R> now = state;
            SourceFailure cause = problem;
            if (now != null) {
                notify(subscriber, s -> s.onState(now, cause != null));
            }
            if (cause != null) {
                notify(subscriber, s -> s.onFailure(cause));
            }
        });
    }

    /** Removes a subscriber. */
    public void unsubscribe(Subscriber<V, R> subscriber) {
        serial.execute(() -> subscribers.remove(subscriber));
    }

    /** Ends everything. */
    public void close() {
        close(() -> {});
    }

    /** Ends everything, then runs {@code last}. */
    public void close(Runnable last) {
        serial.execute(() -> {
            interrupt();
            generations.close();
            subscribers.clear();
            last.run();
        });
    }

    private void start() {
        if (policy.startSpread.isZero()) {
            sync();
        } else {
            schedule((long) (policy.startSpread.toNanos() * env.dice().nextDouble()), this::sync);
        }
    }

    // ---- listing ----

    private void sync() {
        interrupt();
        list(null, new HashMap<>(), 0);
    }

    private void list(@Nullable String continueAt, Map<String, V> gathered, long sizeBefore) {
        ask("list", policy.listTimeout, () -> source.list(continueAt), this::listFailed, page -> {
            gathered.putAll(page.values());
            long listedSize = sizeBefore + sizeOf(page.values());
            if (listedSize > policy.maxSize) {
                // Before the next page: what is too much must not have to fit into memory.
                fail(tooMuch());
            } else if (page.continueAt() == null) {
                take(new ListWatch.Page<>(page.version(), gathered, null), listedSize);
            } else {
                list(page.continueAt(), gathered, listedSize);
            }
        });
    }

    private void take(ListWatch.Page<V, R> list, long listedSize) {
        String rollback = listed == null || version == null ? null : source.rollback(list, values, listed, version);
        if (rollback != null) {
            history++;
            LOG.warn("{}: the store was put back to an earlier state: {}", source, rollback);
        }
        boolean changed = state == null || rollback != null || !state.values().equals(list.values());
        values = list.values();
        size = listedSize;
        listed = list.version();
        version = list.version();
        heardNanos = env.time().nanoTime();
        if (policy.list != null) {
            listNanos = heardNanos + Backoff.jittered(policy.list.toNanos(), env.dice());
        }
        follow(list.version());
        if (changed) {
            publish();
        } else if (problem == null) {
            confirm();
        }
    }

    /** What cannot be gone on from begins again, and is reported only if that does not help. */
    private void listFailed(SourceFailure cause) {
        if (cause.kind() == SourceFailure.Kind.EXPIRED) {
            retryQuietly(cause);
        } else {
            fail(cause);
        }
    }

    /** Asks the store; the answer counts only if this attempt is still under way. */
    private <T> void ask(
            String verb,
            Duration limit,
            Supplier<CompletableFuture<T>> asking,
            Consumer<SourceFailure> failed,
            Consumer<T> answered) {
        long mine = generations.current();
        CompletableFuture<T> answer = asking.get();
        request = answer;
        schedule(limit.toNanos(), () -> fail(overdue(verb, limit)));
        answer.whenComplete((read, thrown) -> inGeneration(mine, () -> {
            request = null;
            if (thrown == null) {
                answered.accept(read);
            } else {
                failed.accept(failure(thrown));
            }
        }));
    }

    // ---- watching ----

    private void follow(R from) {
        long life = policy.watchLife.isZero()
                ? 0
                : (long) (policy.watchLife.toNanos() * (1 + env.dice().nextDouble()));
        schedule(policy.openTimeout.toNanos(), () -> fail(overdue("watch", policy.openTimeout)));
        watch = source.watch(from, Duration.ofNanos(life), new Watcher(generations.current()));
    }

    /** Hands over what one generation's watch says. */
    private final class Watcher implements ListWatch.Watcher<V, R> {
        private final long mine;

        Watcher(long mine) {
            this.mine = mine;
        }

        @Override
        public void onOpen() {
            inGeneration(mine, Reflector.this::opened);
        }

        @Override
        public void onChanges(@Nullable R upTo, List<ListWatch.Change<V, R>> changes) {
            inGeneration(mine, () -> apply(upTo, changes));
        }

        @Override
        public void onBookmark(R upTo) {
            inGeneration(mine, () -> bookmark(upTo));
        }

        @Override
        public void onEnd(@Nullable SourceFailure cause) {
            inGeneration(mine, () -> watchEnded(cause));
        }
    }

    private void opened() {
        open = true;
        openedNanos = env.time().nanoTime();
        if (policy.silence != null) {
            patience = Backoff.jittered(1_000, env.dice());
        }
        checkLater();
        if (problem != null) {
            LOG.info("{}: the store answers again", source);
            problem = null;
            logged.clear();
            publish();
        }
    }

    private void apply(@Nullable R upTo, List<ListWatch.Change<V, R>> changes) {
        heardNanos = env.time().nanoTime();
        boolean taken = changes.isEmpty();
        boolean changed = false;
        for (ListWatch.Change<V, R> change : changes) {
            V known = values.get(change.key());
            R since = listed;
            if (since != null && source.isOutdated(change, known, since)) {
                continue;
            }
            taken = true;
            V value = change.deleted() ? null : change.value();
            size += sizeOf(change.key(), value) - sizeOf(change.key(), known);
            if (size > policy.maxSize) {
                // What was published stays; only a list says when there is less.
                publishing = false;
                fail(tooMuch());
                return;
            }
            if (value == null) {
                changed |= values.remove(change.key()) != null;
            } else {
                // A new watch may begin with everything that there is.
                changed |= !value.equals(values.put(change.key(), value));
            }
        }
        if (taken && upTo != null) {
            version = upTo;
        }
        if (changed) {
            publishSoon();
        }
    }

    private void bookmark(R upTo) {
        heardNanos = env.time().nanoTime();
        version = upTo;
        if (!bookmarks) {
            bookmarks = true;
            if (open) {
                look();
            }
        }
        if (problem == null && !publishing) {
            confirm();
        }
    }

    private void watchEnded(@Nullable SourceFailure cause) {
        R from = version;
        if (cause != null) {
            watchLost(cause);
        } else if (!settled() || from == null) {
            // So do some front ends say that a version has expired.
            watchLost(new SourceFailure(
                    SourceFailure.Kind.EXPIRED, source + ": the server ended the watch as soon as it began"));
        } else {
            interrupt();
            follow(from);
        }
    }

    private void watchLost(SourceFailure cause) {
        if (cause.kind() == SourceFailure.Kind.DENIED || cause.kind() == SourceFailure.Kind.CLOSED) {
            fail(cause);
        } else {
            retryQuietly(cause);
        }
    }

    private boolean settled() {
        return open && env.time().nanoTime() - openedNanos >= policy.settled.toNanos();
    }

    // ---- doubting ----

    /** Looks at the watch when its silence, or the next check, is due. */
    private void look() {
        long now = env.time().nanoTime();
        long silence = policy.silence == null ? Long.MAX_VALUE : heardNanos + silenceLimit() - now;
        long check = policy.check == null ? Long.MAX_VALUE : checkNanos - now;
        if (silence <= 0) {
            LOG.debug("{}: the watch has been silent for too long, listing again", source);
            bookmarks = false;
            sync();
        } else if (check <= 0) {
            if (listNanos - now <= 0) {
                sync();
            } else {
                check(false);
            }
        } else if (silence < Long.MAX_VALUE || check < Long.MAX_VALUE) {
            schedule(Math.min(silence, check), this::look);
        } else {
            generations.cancelTimer();
        }
    }

    private long silenceLimit() {
        Duration limit = bookmarks ? policy.silenceAfterBookmark : policy.silence;
        return limit == null ? Long.MAX_VALUE / 2 : limit.toNanos() / 1_000 * patience;
    }

    private void checkLater() {
        if (policy.check != null) {
            checkNanos = env.time().nanoTime() + Backoff.jittered(policy.check.toNanos(), env.dice());
        }
        look();
    }

    /** A difference may be a change that is on its way: only one that is still there the next moment is a doubt. */
    private void check(boolean again) {
        CompletableFuture<BiPredicate<R, Map<String, V>>> answer = source.check();
        if (answer == null) {
            sync();
            return;
        }
        ask("list", policy.listTimeout, () -> answer, this::fail, test -> {
            R now = version;
            if (now != null && test.test(now, values)) {
                heardNanos = env.time().nanoTime();
                checkLater();
                if (!publishing) {
                    confirm();
                }
            } else if (again) {
                LOG.debug("{}: the store holds something else than the copy, listing again", source);
                sync();
            } else {
                check(true);
            }
        });
    }

    // ---- publishing ----

    /** Behind what already waits, so that a burst is published once. */
    private void publishSoon() {
        if (!publishing) {
            publishing = true;
            serial.execute(() -> {
                if (publishing && !generations.closed()) {
                    publish();
                }
            });
        }
    }

    private void publish() {
        R now = version;
        publishing = false;
        if (now != null) {
            State<V, R> next = new State<>(now, Map.copyOf(values), env.time().now(), history);
            state = next;
            boolean stale = problem != null;
            notifyAll(s -> s.onState(next, stale));
        }
    }

    private void confirm() {
        State<V, R> before = state;
        R now = version;
        if (before != null && now != null) {
            Instant asOf = env.time().now();
            state = new State<>(now, before.values(), asOf, history);
            notifyAll(s -> s.onConfirmed(asOf));
        }
    }

    private void notifyAll(Consumer<Subscriber<V, R>> call) {
        for (Subscriber<V, R> subscriber : List.copyOf(subscribers)) {
            notify(subscriber, call);
        }
    }

    private void notify(Subscriber<V, R> subscriber, Consumer<Subscriber<V, R>> call) {
        try {
            call.accept(subscriber);
        } catch (RuntimeException | LinkageError | AssertionError thrown) {
            LOG.error("{}: a subscriber threw; the others are still notified", source, thrown);
        }
    }

    // ---- failing ----

    /** Tries again, and reports only when that does not help. */
    private void retryQuietly(SourceFailure cause) {
        forgiveAfterGoodWatch();
        if (problem != null || failures >= policy.quietLosses) {
            fail(cause);
            return;
        }
        LOG.debug("{}: listing again: {}", source, cause.getMessage());
        interrupt();
        failures++;
        retryLater(cause);
    }

    private void fail(SourceFailure cause) {
        interrupt();
        if (cause.kind() == SourceFailure.Kind.CLOSED) {
            return;
        }
        failures++;
        // Each kind once until the store answers again: an outage may go through several, over and over.
        if (logged.add(List.of(cause.kind(), cause.code()))) {
            LOG.warn(
                    "{}: {}; {}",
                    source,
                    cause.getMessage(),
                    state == null ? "nothing known yet" : "the last state stays");
        }
        problem = cause;
        notifyAll(s -> s.onFailure(cause));
        CompletableFuture<ListWatch.Page<V, R>> stale =
                state == null && cause.kind() == SourceFailure.Kind.UNREACHABLE ? source.listStale(failures) : null;
        if (stale == null) {
            retryLater(cause);
        } else {
            takeStale(stale, cause);
        }
    }

    /** To start from what may be old is better than not to start; it is marked stale. */
    private void takeStale(CompletableFuture<ListWatch.Page<V, R>> answer, SourceFailure cause) {
        ask("list", policy.listTimeout, () -> answer, failed -> retryLater(cause), list -> {
            LOG.warn("{}: begun with what one server has at version {}, which may be old", source, list.version());
            values = new HashMap<>(list.values());
            size = sizeOf(values);
            version = list.version();
            publish();
            retryLater(cause);
        });
    }

    private void retryLater(SourceFailure cause) {
        boolean lost = failures == 1
                && state != null
                && cause.kind() == SourceFailure.Kind.UNREACHABLE
                && !policy.lossSpread.isZero();
        schedule(
                lost
                        ? (long) (policy.lossSpread.toNanos() * env.dice().nextDouble())
                        : policy.backoff.nanos(cause, failures, env.dice()),
                this::sync);
    }

    private long sizeOf(Map<String, V> all) {
        long sum = 0;
        for (Map.Entry<String, V> each : all.entrySet()) {
            sum += source.sizeOf(each.getKey(), each.getValue());
        }
        return sum;
    }

    private long sizeOf(String key, @Nullable V value) {
        return value == null ? 0 : source.sizeOf(key, value);
    }

    private SourceFailure tooMuch() {
        return new SourceFailure(SourceFailure.Kind.TOO_MUCH, source.tooMuch(policy.maxSize));
    }

    private SourceFailure overdue(String verb, Duration limit) {
        return new SourceFailure(SourceFailure.Kind.UNREACHABLE, source.overdue(verb, limit));
    }

    private SourceFailure failure(Throwable thrown) {
        Throwable cause =
                thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        return cause instanceof SourceFailure failure
                ? failure
                : new SourceFailure(SourceFailure.Kind.UNREACHABLE, source + " could not be followed: " + cause, cause);
    }

    // ---- generations ----

    private void forgiveAfterGoodWatch() {
        if (settled()) {
            failures = 0;
        }
    }

    /** Stops asking, watching and waiting; whatever the generation until now still says is dropped. */
    private void interrupt() {
        forgiveAfterGoodWatch();
        open = false;
        var ignored = generations.next();
        if (request != null) {
            request.cancel(true);
            request = null;
        }
        if (watch != null) {
            watch.cancel();
            watch = null;
        }
    }

    /** What a store throws against its contract is a failure like any other: nothing stops for ever. */
    private Runnable guarded(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (RuntimeException | LinkageError | AssertionError thrown) {
                fail(failure(thrown));
            }
        };
    }

    private void inGeneration(long mine, Runnable task) {
        generations.run(mine, guarded(task));
    }

    private void schedule(long delayNanos, Runnable task) {
        generations.schedule(delayNanos, guarded(task));
    }
}
