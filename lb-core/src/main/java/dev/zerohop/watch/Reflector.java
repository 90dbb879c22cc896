package dev.zerohop.watch;

import dev.zerohop.Env;
import dev.zerohop.Log;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A local copy of a selection of the values of a store: listed, then watched from the version of the list on. A watch that the server ended in good
 * order is taken up again where it ended; on any doubt (a lost connection, an expired version, a long silence, a check that shows a difference)
 * everything is listed again and compared. The copy outlives the server.
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
        /** The whole copy. {@code stale} says that the store cannot be read just now; why follows in {@link #onFailure}. */
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

    // Touched by serial tasks only.
    private final Generations generations;
    private final Subscribers<V, R> subscribers;
    private final LocalCopy<V, R> copy;
    private final Doubts doubts;
    private final Outage outage;
    private final Underway underway;
    private boolean started;
    private boolean publishing;
    /** Whether an old list was asked for since the latest one was: what fails then does not ask for another. */
    private boolean askedStale;

    /** A copy that begins with its first subscriber. */
    public Reflector(ListWatch<V, R> source, WatchPolicy policy, Env env) {
        this.source = source;
        this.policy = policy;
        this.env = env;
        this.serial = env.serial(source);
        this.subscribers = new Subscribers<>(source);
        this.copy = new LocalCopy<>(source, policy.maxSize);
        this.doubts = new Doubts(policy, env);
        this.outage = new Outage(source, policy, env);
        this.underway = new Underway(env.time());
        this.generations = new Generations(serial, env.time(), thrown -> fail(outage.of(thrown)));
    }

    /** Adds a subscriber, which learns of the present state if there is one. The first one starts the reflector. */
    public void subscribe(Subscriber<V, R> subscriber) {
        serial.execute(() -> {
            if (generations.closed()) {
                return;
            }
            subscribers.add(subscriber, copy.published(), outage.problem());
            if (!started) {
                started = true;
                generations.guarded(this::start);
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
            generations.schedule(
                    (long) (policy.startSpread.toNanos() * env.dice().nextDouble()), this::sync);
        }
    }

    // ---- listing ----

    private void sync() {
        interrupt();
        askedStale = false;
        list(null, new Gathered<>(copy));
    }

    private void list(@Nullable String continueAt, Gathered<V, R> gathered) {
        ask(() -> source.list(continueAt), cause -> lost(cause, false), page -> {
            if (!gathered.add(page)) {
                fail(outage.tooMuch());
            } else if (page.continueAt() == null) {
                take(gathered.whole(page));
            } else {
                list(page.continueAt(), gathered);
            }
        });
    }

    private void take(ListWatch.Page<V, R> list) {
        String rollback = copy.rollback(list);
        if (rollback != null) {
            LOG.warn("{} was put back to an earlier state: {}", source, rollback);
        }
        boolean changed = copy.replace(list, rollback != null);
        doubts.listed();
        follow(list.version());
        if (changed) {
            publish();
        } else if (outage.problem() == null) {
            confirm();
        }
    }

    /** Asks the store; the answer counts only if this attempt is still under way. */
    private <T> void ask(Supplier<CompletableFuture<T>> asking, Consumer<SourceFailure> failed, Consumer<T> answered) {
        long mine = generations.current();
        CompletableFuture<T> answer = asking.get();
        underway.asked(answer);
        generations.schedule(policy.listTimeout.toNanos(), () -> fail(outage.overdue("list", policy.listTimeout)));
        answer.whenComplete((read, thrown) -> generations.run(mine, () -> {
            underway.answered();
            if (thrown == null) {
                answered.accept(read);
            } else {
                failed.accept(outage.of(thrown));
            }
        }));
    }

    // ---- watching ----

    private void follow(R from) {
        long life = policy.watchLife.isZero()
                ? 0
                : (long) (policy.watchLife.toNanos() * (1 + env.dice().nextDouble()));
        generations.schedule(policy.openTimeout.toNanos(), () -> fail(outage.overdue("watch", policy.openTimeout)));
        underway.watching(source.watch(from, Duration.ofNanos(life), new Watcher(generations.current())));
    }

    /** Hands over what one generation's watch says. */
    private final class Watcher implements ListWatch.Watcher<V, R> {
        private final long mine;

        Watcher(long mine) {
            this.mine = mine;
        }

        @Override
        public void onOpen() {
            generations.run(mine, Reflector.this::opened);
        }

        @Override
        public void onChanges(@Nullable R upTo, List<ListWatch.Change<V, R>> changes) {
            generations.run(mine, () -> apply(upTo, changes));
        }

        @Override
        public void onBookmark(R upTo) {
            generations.run(mine, () -> bookmark(upTo));
        }

        @Override
        public void onEnd(@Nullable SourceFailure cause) {
            generations.run(mine, () -> watchEnded(cause));
        }
    }

    private void opened() {
        underway.opened();
        doubts.opened();
        lookLater();
        if (outage.over()) {
            publish();
        }
    }

    private void apply(@Nullable R upTo, List<ListWatch.Change<V, R>> changes) {
        doubts.messageReceived();
        switch (copy.apply(upTo, changes)) {
            case SAME -> {}
            case CHANGED -> publishSoon();
            case TOO_MUCH -> {
                // What was published stays; only a list says when there is less.
                publishing = false;
                fail(outage.tooMuch());
            }
        }
    }

    private void bookmark(R upTo) {
        copy.reached(upTo);
        if (doubts.bookmark() && underway.open()) {
            lookLater();
        }
        if (outage.problem() == null && !publishing) {
            confirm();
        }
    }

    private void watchEnded(@Nullable SourceFailure cause) {
        R from = copy.version();
        if (cause != null) {
            lost(cause, true);
        } else if (underway.openFor(policy.settled) && from != null) {
            interrupt();
            follow(from);
        } else {
            // So do some front ends say that a version has expired.
            lost(outage.endedAtOnce(), true);
        }
    }

    // ---- doubting ----

    private void lookLater() {
        long due = doubts.dueInNanos();
        if (due == Long.MAX_VALUE) {
            generations.cancelTimer();
        } else {
            generations.schedule(Math.max(0, due), this::look);
        }
    }

    private void look() {
        switch (doubts.due()) {
            case NOTHING -> lookLater();
            case CHECK -> check(false);
            case LIST -> sync();
        }
    }

    /** A difference may be a change that is on its way: only one that is still there the next moment is a doubt. */
    private void check(boolean again) {
        CompletableFuture<BiPredicate<R, Map<String, V>>> answer = source.check();
        if (answer == null) {
            sync();
            return;
        }
        ask(() -> answer, this::fail, test -> {
            if (copy.passes(test)) {
                doubts.messageReceived();
                doubts.checked();
                lookLater();
                if (!publishing) {
                    confirm();
                }
            } else if (again) {
                LOG.debug("{} holds something else than the copy, listing again", source);
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
                    generations.guarded(this::publish);
                }
            });
        }
    }

    private void publish() {
        publishing = false;
        State<V, R> next = copy.publish(env.time().now());
        boolean stale = outage.problem() != null;
        if (next != null) {
            subscribers.each(s -> s.onState(next, stale));
        }
    }

    private void confirm() {
        Instant asOf = env.time().now();
        if (copy.confirm(asOf)) {
            subscribers.each(s -> s.onConfirmed(asOf));
        }
    }

    /** Tries again, and reports only when that does not help. */
    private void lost(SourceFailure cause, boolean watching) {
        forgiveAfterGoodWatch();
        if (outage.isQuiet(cause, watching)) {
            interrupt();
            outage.failedQuietly(cause);
            retryLater(cause);
        } else {
            fail(cause);
        }
    }

    private void fail(SourceFailure cause) {
        interrupt();
        if (cause.kind() == SourceFailure.Kind.CLOSED) {
            return;
        }
        boolean known = copy.published() != null;
        outage.failed(cause, known);
        subscribers.each(s -> s.onFailure(cause));
        if (known || cause.kind() != SourceFailure.Kind.UNREACHABLE || askedStale) {
            retryLater(cause);
        } else {
            askedStale = true;
            generations.guarded(() -> takeStale(cause));
        }
    }

    /** To start from what may be old is better than not to start; it is marked stale. */
    private void takeStale(SourceFailure cause) {
        CompletableFuture<ListWatch.Page<V, R>> answer = source.listStale(outage.failures());
        if (answer == null) {
            retryLater(cause);
            return;
        }
        ask(() -> answer, failed -> retryLater(cause), list -> {
            LOG.warn("{}: begun with what one server has at version {}, which may be old", source, list.version());
            copy.takeUnvouched(list);
            publish();
            retryLater(cause);
        });
    }

    private void retryLater(SourceFailure cause) {
        generations.schedule(outage.waitNanos(cause, copy.published() != null), this::sync);
    }

    private void forgiveAfterGoodWatch() {
        if (underway.openFor(policy.settled)) {
            outage.forgive();
        }
    }

    /** Stops asking, watching and waiting; whatever the generation until now still says is dropped. */
    private void interrupt() {
        forgiveAfterGoodWatch();
        var ignored = generations.next();
        underway.cancel();
    }
}
