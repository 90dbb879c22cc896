package dev.zerohop.etcd;

import static java.util.Objects.requireNonNull;

import com.google.common.util.concurrent.MoreExecutors;
import dev.zerohop.Cancellable;
import dev.zerohop.Env;
import dev.zerohop.Log;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A local copy of a few ranges of keys: read whole at a revision, then followed from the next one. On any doubt, and once a minute without any, it
 * stops following, reads everything again and compares; nothing is ever resumed in the middle, so nothing can be missing afterwards. The copy
 * outlives the server.
 *
 * <p>All state belongs to one serial executor over {@link Env#blocking}; no caller is ever blocked. Every attempt has a generation number, and what
 * an earlier one still says is dropped. Thread-safe.
 */
final class Reflector {
    private static final Log LOG = Log.of(Reflector.class);

    /** Push and poll together: what no watch said is found within this time. */
    static final Duration RECONCILE = Duration.ofSeconds(60);

    /** Every read ends by itself well before; one that does not must not be waited for. */
    static final Duration READ_TIMEOUT = Duration.ofSeconds(15);

    /** How long the server may take to begin a watch. */
    static final Duration CREATE_TIMEOUT = Duration.ofSeconds(5);

    /** Learns of every change; told by one thread at a time, from the first answer on. */
    interface Subscriber {
        /** The whole copy. {@code stale} says that etcd cannot be asked just now; why follows in {@link #onFailure}. */
        void onState(State state, boolean stale);

        /** etcd was asked and says the same as before. */
        void onConfirmed(Instant asOf);

        /** etcd could not be asked; the last state stays in force. */
        void onFailure(EtcdFailure cause);
    }

    /**
     * The copy: what the ranges held at {@code revision}, which etcd vouched for at {@code asOf}.
     *
     * @param history how often etcd was seen to have been restored: revisions of two states are compared only if this is the same
     */
    record State(long revision, Map<String, KeyStore.Entry> entries, Instant asOf, long history) {}

    private final KeyStore store;
    private final List<KeyRange> ranges;
    private final Env env;
    private final Executor serial;

    // Touched by serial tasks only.
    private final List<Subscriber> subscribers = new ArrayList<>();
    private Map<String, KeyStore.Entry> entries = new HashMap<>();
    private @Nullable State state;
    private @Nullable EtcdFailure problem;
    private final History history = new History();
    private long readRevision;
    private long revision;

    /** Of all {@link #entries}. */
    private long bytes;

    private long generation;
    private int failures;
    private boolean started;
    private boolean closed;
    private boolean publishing;
    private @Nullable Cancellable watch;
    private @Nullable Cancellable timer;

    Reflector(KeyStore store, List<KeyRange> ranges, Env env) {
        this.store = store;
        this.ranges = List.copyOf(ranges);
        this.env = env;
        this.serial = MoreExecutors.newSequentialExecutor(env.blocking());
    }

    /** Adds a subscriber, who is told the present state if there is one. The first one starts the reflector. */
    void subscribe(Subscriber subscriber) {
        serial.execute(() -> {
            subscribers.add(subscriber);
            if (!started) {
                started = true;
                sync();
                return;
            }
            State now = state;
            EtcdFailure cause = problem;
            if (now != null) {
                tell(subscriber, s -> s.onState(now, cause != null));
            }
            if (cause != null) {
                tell(subscriber, s -> s.onFailure(cause));
            }
        });
    }

    /** Removes a subscriber. */
    void unsubscribe(Subscriber subscriber) {
        serial.execute(() -> subscribers.remove(subscriber));
    }

    /** Ends everything. */
    void close() {
        serial.execute(() -> {
            closed = true;
            interrupt();
            subscribers.clear();
        });
    }

    // ---- reading ----

    private void sync() {
        interrupt();
        if (closed) {
            return;
        }
        long mine = generation;
        schedule(READ_TIMEOUT.toNanos(), () -> fail(unanswered(ranges.toString())));
        store.read(ranges)
                .whenComplete((reading, thrown) -> inGeneration(mine, () -> {
                    if (thrown == null) {
                        take(reading, mine);
                    } else {
                        fail(EtcdFailure.of(thrown));
                    }
                }));
    }

    private void take(KeyStore.Reading reading, long mine) {
        String restored = history.restored(reading, entries, readRevision, revision);
        if (restored != null) {
            LOG.warn("{}: etcd was restored to an earlier state: {}", ranges.get(0), restored);
        }
        boolean changed = state == null || restored != null || !entries.equals(reading.entries());
        copy(reading);
        readRevision = reading.revision();
        revision = reading.revision();
        watch = store.watch(ranges, reading.revision() + 1, new Watcher(mine));
        schedule(
                CREATE_TIMEOUT.toNanos(),
                () -> fail(new EtcdFailure(
                        EtcdFailure.Kind.UNREACHABLE,
                        "etcd did not begin to watch " + ranges + " within " + CREATE_TIMEOUT.toSeconds() + " s")));
        if (changed) {
            publish();
        } else if (problem == null) {
            confirm();
        }
    }

    private void copy(KeyStore.Reading reading) {
        entries = new HashMap<>(reading.entries());
        bytes = entries.values().stream().mapToLong(KeyStore.Entry::bytes).sum();
    }

    // ---- following ----

    /** Hands over what one generation's watch says. */
    private final class Watcher implements KeyStore.Watcher {
        private final long mine;

        Watcher(long mine) {
            this.mine = mine;
        }

        @Override
        public void onCreated() {
            inGeneration(mine, Reflector.this::following);
        }

        @Override
        public void onEvents(long upTo, List<KeyStore.Event> events) {
            inGeneration(mine, () -> apply(upTo, events));
        }

        @Override
        public void onEnd(EtcdFailure cause) {
            inGeneration(mine, () -> fail(cause));
        }
    }

    private void following() {
        failures = 0;
        schedule(Backoff.jittered(RECONCILE.toNanos(), env.dice()), this::sync);
        if (problem != null) {
            LOG.info("{}: etcd answers again", ranges.get(0));
            problem = null;
            publish();
        }
    }

    private void apply(long upTo, List<KeyStore.Event> events) {
        revision = Math.max(revision, upTo);
        boolean changed = false;
        for (KeyStore.Event event : events) {
            // The ranges are followed side by side: an event may be older than the read, or than what its key already
            // says.
            KeyStore.Entry before = entries.get(event.key());
            long known = before == null ? readRevision : Math.max(readRevision, before.modRevision());
            if (event.modRevision() <= known) {
                continue;
            }
            KeyStore.Entry put = event.put();
            bytes += (put == null ? 0 : put.bytes()) - (before == null ? 0 : before.bytes());
            if (bytes > EtcdConnection.MAX_MESSAGE_BYTES) {
                // What was told stays; only a read says when there is less.
                publishing = false;
                fail(EtcdFailure.tooMuch("etcd has", null));
                return;
            }
            if (put == null) {
                entries.remove(event.key());
            } else {
                entries.put(event.key(), put);
            }
            changed = true;
        }
        if (changed && !publishing) {
            // Behind what already waits, so that a burst is published once.
            publishing = true;
            serial.execute(() -> {
                if (publishing && !closed) {
                    publish();
                }
            });
        }
    }

    // ---- telling ----

    private void publish() {
        publishing = false;
        State now = new State(revision, Map.copyOf(entries), env.time().now(), history.number());
        state = now;
        boolean stale = problem != null;
        tellAll(s -> s.onState(now, stale));
    }

    private void confirm() {
        State now = state;
        if (now != null) {
            Instant asOf = env.time().now();
            state = new State(revision, now.entries(), asOf, history.number());
            tellAll(s -> s.onConfirmed(asOf));
        }
    }

    private void fail(EtcdFailure cause) {
        interrupt();
        if (cause.kind() == EtcdFailure.Kind.CLOSED) {
            return;
        }
        failures++;
        if (problem == null) {
            LOG.warn(
                    "{}: {}; {}",
                    ranges.get(0),
                    cause.getMessage(),
                    state == null ? "nothing known yet" : "the last state stays");
        }
        problem = cause;
        tellAll(s -> s.onFailure(cause));
        if (state == null && cause.kind() == EtcdFailure.Kind.UNREACHABLE && failures >= store.servers()) {
            readMaybeOld();
        } else {
            retryLater(cause);
        }
    }

    private void retryLater(EtcdFailure cause) {
        boolean lost = failures == 1 && state != null && cause.kind() == EtcdFailure.Kind.UNREACHABLE;
        schedule(
                lost ? Backoff.spreadNanos(env.dice()) : Backoff.nanos(cause.kind(), failures, env.dice()), this::sync);
    }

    /** Without a quorum no read can be vouched for. To start from what may be old is better than not to start; it is marked stale. */
    private void readMaybeOld() {
        long mine = generation;
        schedule(READ_TIMEOUT.toNanos(), this::sync);
        store.readMaybeOld(ranges)
                .whenComplete((reading, thrown) -> inGeneration(mine, () -> {
                    EtcdFailure cause = requireNonNull(problem, "problem");
                    if (thrown == null) {
                        LOG.warn(
                                "{}: begun with what one member has at revision {}, which may be old",
                                ranges.get(0),
                                reading.revision());
                        copy(reading);
                        revision = reading.revision();
                        publish();
                    }
                    retryLater(cause);
                }));
    }

    private void tellAll(Consumer<Subscriber> call) {
        for (Subscriber subscriber : List.copyOf(subscribers)) {
            tell(subscriber, call);
        }
    }

    private void tell(Subscriber subscriber, Consumer<Subscriber> call) {
        try {
            call.accept(subscriber);
        } catch (RuntimeException | LinkageError | AssertionError thrown) {
            LOG.error("{}: a subscriber threw; the others are told all the same", ranges.get(0), thrown);
        }
    }

    // ---- generations ----

    /** Stops following and waiting; whatever the generation until now still says is dropped. */
    private void interrupt() {
        generation++;
        if (watch != null) {
            watch.cancel();
            watch = null;
        }
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    private void inGeneration(long mine, Runnable task) {
        serial.execute(() -> {
            if (mine == generation && !closed) {
                task.run();
            }
        });
    }

    private void schedule(long delayNanos, Runnable task) {
        if (timer != null) {
            timer.cancel();
        }
        long mine = generation;
        timer = env.time().schedule(delayNanos, () -> inGeneration(mine, task));
    }

    /** A read that never ended. */
    static EtcdFailure unanswered(String what) {
        return new EtcdFailure(
                EtcdFailure.Kind.UNREACHABLE,
                "etcd did not answer a read of " + what + " within " + READ_TIMEOUT.toSeconds() + " s");
    }
}
