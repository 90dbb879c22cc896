package dev.zerohop.kubernetes;

import dev.zerohop.Cancellable;
import dev.zerohop.Env;
import dev.zerohop.Log;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A local copy of a selection of objects: listed whole, then watched from the list's version on. A watch that the server ended in good order is taken
 * up again where it ended; on any doubt (a lost connection, an expired version, a long silence) everything is listed again and compared. The copy
 * outlives the server.
 *
 * <p>All state belongs to one serial executor over {@link Env#blocking}; no caller is ever blocked. Every attempt has a generation number, and what
 * an earlier one still says is dropped. Thread-safe.
 *
 * @param <T> the type of the objects
 */
final class Reflector<T extends HasMetadata> {
    private static final Log LOG = Log.of(Reflector.class);

    /** The first list waits up to this long, drawn: a fleet that starts together does not ask together. */
    static final Duration START_SPREAD = Duration.ofMillis(100);

    /** How long one page may take. */
    static final Duration PAGE_TIMEOUT = Duration.ofSeconds(20);

    /** How long the server may take to accept a watch. */
    static final Duration OPEN_TIMEOUT = Duration.ofSeconds(10);

    /** A watch that was silent for so long is doubted. */
    static final Duration SILENCE = Duration.ofMinutes(10);

    /** A server that sent a bookmark sends one every minute or so: silence is doubted sooner. */
    static final Duration SILENCE_AFTER_BOOKMARK = Duration.ofMinutes(3);

    /** How long the server is asked to keep a watch; between this and twice this, drawn, so that they do not all end together. */
    static final Duration WATCH_LIFE = Duration.ofMinutes(5);

    /** A watch that lived so long was a good one: the next failure is the first in a row. */
    static final Duration SETTLED = Duration.ofSeconds(5);

    /** So many watches may be lost in a row before that is called a failure, as long as the lists between them succeed. */
    private static final int LOSSES_IN_SILENCE = 2;

    /** Learns of every change; told by one thread at a time, from the first answer on. Must not block. */
    interface Subscriber<T extends HasMetadata> {
        /** The whole copy. {@code stale} says that the server cannot be asked just now; why follows in {@link #onFailure}. */
        void onState(State<T> state, boolean stale);

        /** The server was asked and says the same as before. */
        void onConfirmed(Instant asOf);

        /** The server could not be asked; the last state stays in force, and is stale from now on. */
        void onFailure(KubernetesFailure cause);
    }

    /**
     * The copy.
     *
     * @param version the server's version of it
     * @param objects by name (a selection is within one namespace, or of a kind that has none)
     * @param asOf when the server vouched for it
     */
    record State<T extends HasMetadata>(String version, Map<String, T> objects, Instant asOf) {}

    private final ApiServer server;
    private final Selection<T> what;
    private final Env env;
    private final Serial serial;

    // Touched by serial tasks only.
    private final List<Subscriber<T>> subscribers = new ArrayList<>();
    private Map<String, T> objects = new HashMap<>();
    private @Nullable State<T> state;
    private @Nullable KubernetesFailure problem;
    private String version = "";

    /** In {@link #objects}. */
    private int items;

    private long generation;
    private int failures;
    private boolean started;
    private boolean closed;
    private boolean publishing;
    private boolean bookmarks;
    /** In thousandths of the common limit; drawn for each watch, so that clients do not doubt together. */
    private long patience;

    private long heardNanos;
    private long openedNanos;
    private @Nullable CompletableFuture<?> request;
    private @Nullable Cancellable watch;
    private @Nullable Cancellable timer;

    Reflector(ApiServer server, Selection<T> what, Env env) {
        this.server = server;
        this.what = what;
        this.env = env;
        this.serial = new Serial(env.blocking());
    }

    /** Adds a subscriber, who is told the present state if there is one. The first one starts the reflector. */
    void subscribe(Subscriber<T> subscriber) {
        serial.execute(() -> {
            if (closed) {
                return;
            }
            subscribers.add(subscriber);
            if (!started) {
                started = true;
                schedule((long) (START_SPREAD.toNanos() * env.dice().nextDouble()), this::sync);
                return;
            }
            State<T> now = state;
            KubernetesFailure cause = problem;
            if (now != null) {
                tell(subscriber, s -> s.onState(now, cause != null));
            }
            if (cause != null) {
                tell(subscriber, s -> s.onFailure(cause));
            }
        });
    }

    /** Removes a subscriber. */
    void unsubscribe(Subscriber<T> subscriber) {
        serial.execute(() -> subscribers.remove(subscriber));
    }

    /** Ends everything. */
    void close() {
        close(() -> {});
    }

    /** Ends everything, then runs {@code last}. */
    void close(Runnable last) {
        serial.execute(() -> {
            closed = true;
            interrupt();
            subscribers.clear();
            last.run();
        });
    }

    // ---- listing ----

    private void sync() {
        interrupt();
        if (!closed) {
            list(generation, null, new HashMap<>(), 0);
        }
    }

    private void list(long mine, @Nullable String continueAt, Map<String, T> gathered, int itemsBefore) {
        CompletableFuture<ApiServer.Page<T>> page = server.list(what, continueAt);
        request = page;
        schedule(PAGE_TIMEOUT.toNanos(), () -> fail(overdue("list", PAGE_TIMEOUT)));
        page.whenComplete((read, thrown) -> inGeneration(mine, () -> {
            request = null;
            if (thrown != null) {
                listEnded(failure(thrown));
                return;
            }
            int listed = itemsBefore;
            for (T object : read.objects()) {
                gathered.put(object.getMetadata().getName(), object);
                listed += Kept.items(object);
            }
            if (listed > Kept.MAX_ITEMS) {
                // Before the next page: what is too much must not have to fit into memory.
                fail(tooMuch());
            } else if (read.continueAt() == null) {
                items = listed;
                take(gathered, read.version());
            } else {
                list(mine, read.continueAt(), gathered, listed);
            }
        }));
    }

    private void take(Map<String, T> listed, String listedVersion) {
        boolean changed = state == null || !objects.equals(listed);
        objects = listed;
        version = listedVersion;
        heardNanos = env.time().nanoTime();
        follow();
        if (changed) {
            publish();
        } else if (problem == null) {
            confirm();
        }
    }

    // ---- following ----

    private void follow() {
        long life = (long) (WATCH_LIFE.toNanos() * (1 + env.dice().nextDouble()));
        openedNanos = env.time().nanoTime();
        schedule(OPEN_TIMEOUT.toNanos(), () -> fail(overdue("watch", OPEN_TIMEOUT)));
        watch = server.watch(what, version, Duration.ofNanos(life), new Watcher(generation));
    }

    /** Hands over what one generation's watch says. */
    private final class Watcher implements ApiServer.Watcher<T> {
        private final long mine;

        Watcher(long mine) {
            this.mine = mine;
        }

        @Override
        public void onOpen() {
            inGeneration(mine, Reflector.this::following);
        }

        @Override
        public void onPut(T object) {
            inGeneration(mine, () -> put(object));
        }

        @Override
        public void onDelete(T object) {
            inGeneration(mine, () -> delete(object));
        }

        @Override
        public void onBookmark(String upTo) {
            inGeneration(mine, () -> bookmark(upTo));
        }

        @Override
        public void onEnd(@Nullable KubernetesFailure cause) {
            inGeneration(mine, () -> watchEnded(cause));
        }
    }

    private void following() {
        openedNanos = env.time().nanoTime();
        patience = Backoff.jittered(1_000, env.dice());
        schedule(silenceLeft(), this::doubtSilence);
        if (problem != null) {
            LOG.info("{}: the Kubernetes API answers again", what);
            problem = null;
            publish();
        }
    }

    private void put(T object) {
        heardNanos = env.time().nanoTime();
        if (isOlder(object)) {
            return;
        }
        T before = objects.get(object.getMetadata().getName());
        int after = items + Kept.items(object) - (before == null ? 0 : Kept.items(before));
        if (after > Kept.MAX_ITEMS) {
            fail(tooMuch());
            return;
        }
        items = after;
        version = object.getMetadata().getResourceVersion();
        objects.put(object.getMetadata().getName(), object);
        // A new watch may begin with everything that there is.
        if (!object.equals(before)) {
            publishSoon();
        }
    }

    private void delete(T object) {
        heardNanos = env.time().nanoTime();
        if (isOlder(object)) {
            return;
        }
        version = object.getMetadata().getResourceVersion();
        T before = objects.remove(object.getMetadata().getName());
        if (before != null) {
            items -= Kept.items(before);
            publishSoon();
        }
    }

    /** Whether the copy has the same object in a newer version, as when a server that lags behind tells again what is over. */
    private boolean isOlder(T object) {
        T known = objects.get(object.getMetadata().getName());
        if (known == null
                || !Objects.equals(
                        known.getMetadata().getUid(), object.getMetadata().getUid())) {
            return false;
        }
        String here = known.getMetadata().getResourceVersion();
        String there = object.getMetadata().getResourceVersion();
        if (!isNumber(here) || !isNumber(there)) {
            return false;
        }
        return there.length() == here.length() ? there.compareTo(here) < 0 : there.length() < here.length();
    }

    private static boolean isNumber(@Nullable String version) {
        return version != null && !version.isEmpty() && version.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    private void bookmark(String upTo) {
        heardNanos = env.time().nanoTime();
        version = upTo;
        if (!bookmarks) {
            bookmarks = true;
            schedule(silenceLeft(), this::doubtSilence);
        }
        if (problem == null && !publishing) {
            confirm();
        }
    }

    private void watchEnded(@Nullable KubernetesFailure cause) {
        if (cause != null) {
            watchLost(cause);
            return;
        }
        if (!settled()) {
            // So do some front ends say that a version has expired.
            watchLost(new KubernetesFailure(
                    KubernetesFailure.Kind.EXPIRED, server + " ended the watch of " + what + " as soon as it began"));
            return;
        }
        failures = 0;
        interrupt();
        follow();
    }

    private boolean settled() {
        return env.time().nanoTime() - openedNanos >= SETTLED.toNanos();
    }

    private long silenceLeft() {
        long limit = (bookmarks ? SILENCE_AFTER_BOOKMARK : SILENCE).toNanos() / 1_000 * patience;
        return heardNanos + limit - env.time().nanoTime();
    }

    private void doubtSilence() {
        if (silenceLeft() > 0) {
            schedule(silenceLeft(), this::doubtSilence);
            return;
        }
        LOG.debug("{}: the watch has been silent for too long, listing again", what);
        bookmarks = false;
        sync();
    }

    // ---- telling ----

    /** Behind what already waits, so that a burst is published once. */
    private void publishSoon() {
        if (!publishing) {
            publishing = true;
            serial.execute(() -> {
                if (publishing && !closed) {
                    publish();
                }
            });
        }
    }

    private void publish() {
        publishing = false;
        State<T> now = new State<>(version, Map.copyOf(objects), env.time().now());
        state = now;
        boolean stale = problem != null;
        tellAll(s -> s.onState(now, stale));
    }

    private void confirm() {
        State<T> now = state;
        if (now != null) {
            Instant asOf = env.time().now();
            state = new State<>(version, now.objects(), asOf);
            tellAll(s -> s.onConfirmed(asOf));
        }
    }

    /** Tries again, and only says so if that is not known to help. */
    private void listEnded(KubernetesFailure cause) {
        if (cause.kind() == KubernetesFailure.Kind.EXPIRED) {
            again(cause);
        } else {
            fail(cause);
        }
    }

    private void watchLost(KubernetesFailure cause) {
        if (settled()) {
            failures = 0;
        }
        if (cause.kind() == KubernetesFailure.Kind.DENIED || cause.kind() == KubernetesFailure.Kind.CLOSED) {
            fail(cause);
        } else {
            again(cause);
        }
    }

    /** Tries again, and says so only when that does not help. */
    private void again(KubernetesFailure cause) {
        if (problem != null || failures >= LOSSES_IN_SILENCE) {
            fail(cause);
            return;
        }
        LOG.debug("{}: listing again: {}", what, cause.getMessage());
        interrupt();
        failures++;
        schedule(Backoff.nanos(cause, failures, env.dice()), this::sync);
    }

    private void fail(KubernetesFailure cause) {
        interrupt();
        if (cause.kind() == KubernetesFailure.Kind.CLOSED) {
            return;
        }
        failures++;
        KubernetesFailure before = problem;
        if (before == null || !before.isLike(cause)) {
            LOG.warn("{}; {}", cause.getMessage(), state == null ? "nothing known yet" : "the last state stays");
        }
        problem = cause;
        schedule(Backoff.nanos(cause, failures, env.dice()), this::sync);
        tellAll(s -> s.onFailure(cause));
    }

    private void tellAll(Consumer<Subscriber<T>> call) {
        for (Subscriber<T> subscriber : List.copyOf(subscribers)) {
            tell(subscriber, call);
        }
    }

    private void tell(Subscriber<T> subscriber, Consumer<Subscriber<T>> call) {
        try {
            call.accept(subscriber);
        } catch (RuntimeException | LinkageError | AssertionError thrown) {
            LOG.error("{}: a subscriber threw; the others are told all the same", what, thrown);
        }
    }

    // ---- generations ----

    /** Stops asking, following and waiting; whatever the generation until now still says is dropped. */
    private void interrupt() {
        generation++;
        if (request != null) {
            request.cancel(true);
            request = null;
        }
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

    // ---- words ----

    private KubernetesFailure overdue(String verb, Duration limit) {
        return new KubernetesFailure(
                KubernetesFailure.Kind.UNREACHABLE,
                server + " was asked to " + verb + " " + what + " and did not answer within " + limit.toSeconds()
                        + " s");
    }

    private KubernetesFailure tooMuch() {
        return new KubernetesFailure(
                KubernetesFailure.Kind.TOO_MUCH,
                server + " has more than " + Kept.MAX_ITEMS + " pods or endpoints in " + what
                        + ", expected at most so many");
    }

    private KubernetesFailure failure(Throwable thrown) {
        Throwable cause =
                thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        return KubernetesFailure.unanswered(server.toString(), "list", what, cause);
    }
}
