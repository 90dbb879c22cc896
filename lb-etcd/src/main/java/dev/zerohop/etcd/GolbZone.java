package dev.zerohop.etcd;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Log;
import dev.zerohop.Printable;
import dev.zerohop.Resolver;
import dev.zerohop.etcd.client.Cluster;
import dev.zerohop.etcd.client.KeyRange;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.etcd.client.LastGood;
import dev.zerohop.etcd.client.RejectedValue;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.golb.GolbView;
import dev.zerohop.etcd.service.EtcdResolver;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.SourceFailure;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * All functions of one golb zone, read through one local copy and one watch: for a program that serves all of them, such as a gateway. Which functions exist
 * is answered from the copy, so requests for unknown functions put no load on etcd.
 *
 * <p>A function exists while its key exists, even if its value is rejected. Nothing blocks, even while etcd is down; the copy stays in use then. Thread-safe.
 */
public final class GolbZone implements AutoCloseable {
    private static final Log LOG = Log.of(GolbZone.class);

    /** Is notified of changes of the zone, by one thread at a time. */
    public interface Listener {
        /** The functions that exist. Called with etcd's first answer and at each change of them. */
        default void onFunctions(Set<String> functions) {}

        /** A value is rejected, whether or not its function is in use; the last good one stays. Called once for each value. */
        default void onRejected(String reason) {}

        /** etcd is unreachable; the copy stays. Called once until {@link #onAnswer}. */
        default void onLost(String reason) {}

        /** etcd answers, for the first time or again. */
        default void onAnswer() {}
    }

    private final Cluster client;
    private final String name;
    private final String zone;
    private final List<KeyRange> keys;
    private final String prefix;
    private final CompletableFuture<Void> read = new CompletableFuture<>();
    private final Cancellable subscription;
    private final Consumer<List<RejectedValue>> status;
    private volatile @Nullable Set<String> functions;
    private volatile boolean closed;

    private GolbZone(Cluster client, String zone, Listener listener) {
        this.client = client;
        this.zone = zone;
        this.prefix = "golb/function/" + zone + "/";
        this.name = client + "/" + prefix;
        this.keys = List.of(KeyRange.under(prefix));
        this.status = client.statuses().ofZone(zone);
        this.subscription = client.follow(keys, new KeySubscriber(listener, client.env()));
    }

    /**
     * Begins to follow a zone.
     *
     * @param client stays open; it must outlive the zone
     * @throws IllegalArgumentException if the zone is blank, has a slash or a control character, or is too long
     */
    public static GolbZone follow(EtcdClient client, String zone, Listener listener) {
        requireNonNull(client, "client");
        requireNonNull(listener, "listener");
        ServiceKeys.requireSegment("zone", requireNonNull(zone, "zone"));
        return new GolbZone(client.cluster(), zone, listener);
    }

    /** Completes with etcd's first answer. */
    public CompletableFuture<Void> read() {
        return read.copy();
    }

    /** The functions that exist; null before etcd's first answer. */
    public @Nullable Set<String> functions() {
        return functions;
    }

    /**
     * A resolver of one function, not started yet, over this zone's copy. A function that does not exist has no endpoints. Removed endpoints are gone at once.
     *
     * @throws IllegalArgumentException if the name is blank, has a slash or a control character, or is too long
     */
    public Resolver resolver(String function) {
        ServiceKeys.requireSegment("function", requireNonNull(function, "function"));
        return new EtcdResolver(
                "golb" + name.substring(name.indexOf("://")) + function,
                client.env(),
                new EtcdResolver.Reading(
                        new GolbView(zone, function),
                        EndpointSet.Removals.MEANT,
                        subscriber -> client.follow(keys, subscriber)));
    }

    /** Stops following; resolvers go on until they are closed. Idempotent. */
    @Override
    public void close() {
        closed = true;
        subscription.cancel();
        status.accept(List.of());
    }

    @Override
    public String toString() {
        return name;
    }

    private final class KeySubscriber implements Reflector.Subscriber<Entry, Version> {
        private final Listener listener;
        private final Executor serial;

        // Touched by serial tasks only.
        private boolean answers;
        private boolean lost;
        private Map<String, LastGood<List<Endpoint>>> values = new HashMap<>();
        private List<RejectedValue> rejected = List.of();

        KeySubscriber(Listener listener, Env env) {
            this.listener = listener;
            this.serial = env.serial(this);
        }

        @Override
        public void onState(Reflector.State<Entry, Version> state, boolean stale) {
            Set<String> found = new HashSet<>();
            for (String key : state.values().keySet()) {
                String function = key.substring(prefix.length());
                if (ServiceKeys.problem(function) == null) {
                    found.add(function);
                }
            }
            runTask(() -> {
                boolean changed = !found.equals(functions);
                functions = Set.copyOf(found);
                read.complete(null);
                check(state);
                if (!stale) {
                    answered();
                }
                if (changed) {
                    notifyListener(l -> l.onFunctions(found));
                }
            });
        }

        @Override
        public void onConfirmed(Instant asOf) {
            runTask(this::answered);
        }

        @Override
        public void onFailure(SourceFailure cause) {
            runTask(() -> {
                answers = false;
                if (!lost) {
                    lost = true;
                    notifyListener(l -> l.onLost(String.valueOf(cause.getMessage())));
                }
            });
        }

        /** Checks values that no resolver reads too, so that a mistake is reported before the first request. */
        private void check(Reflector.State<Entry, Version> state) {
            Map<String, LastGood<List<Endpoint>>> kept = new HashMap<>();
            List<RejectedValue> present = new ArrayList<>();
            state.values().forEach((key, entry) -> {
                String problem = Printable.problem(key.substring(prefix.length()), Printable.MAX_NAME);
                if (problem != null) {
                    present.add(
                            new RejectedValue(key, entry.modRevision(), "the name of the function " + problem, false));
                    return;
                }
                LastGood<List<Endpoint>> value = values.getOrDefault(key, new LastGood<>(GolbView::parse));
                kept.put(key, value);
                var ignored = value.read(entry, present);
            });
            values = kept;
            if (present.equals(rejected)) {
                return;
            }
            List<RejectedValue> before = rejected;
            rejected = List.copyOf(present);
            status.accept(rejected);
            for (RejectedValue value : rejected) {
                if (!before.contains(value)) {
                    notifyListener(l -> l.onRejected(value.text()));
                }
            }
        }

        private void answered() {
            lost = false;
            if (!answers) {
                answers = true;
                notifyListener(Listener::onAnswer);
            }
        }

        /** A listener that throws is notified again. */
        private void notifyListener(Consumer<Listener> call) {
            try {
                call.accept(listener);
            } catch (RuntimeException | LinkageError | AssertionError thrown) {
                LOG.error("{}: the listener threw; it is still notified", name, thrown);
            }
        }

        private void runTask(Runnable task) {
            serial.execute(() -> {
                if (!closed) {
                    task.run();
                }
            });
        }
    }
}
