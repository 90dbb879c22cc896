package dev.zerohop.etcd.client;

import dev.zerohop.Cancellable;
import dev.zerohop.Env;
import dev.zerohop.Log;
import dev.zerohop.watch.SourceFailure;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * What one client refuses of one service, written under a lease for as long as there is something to say. Where nothing is refused there is neither a key
 * nor a lease. Thread-safe; nothing here blocks, and a client that may not write is none the worse for it.
 */
public final class StatusKey {
    private static final Log LOG = Log.of(StatusKey.class);

    /** A client that died is listed for no longer. */
    static final Duration TTL = Duration.ofMinutes(5);

    /** One bad value reaches every client at once; their writes are drawn from this time. */
    static final Duration SPREAD = Duration.ofSeconds(1);

    /** Values that come faster are not all told: the latest wins. */
    static final Duration QUIET = Duration.ofSeconds(5);

    /** Clients that may only read are usual, and each attempt is a line in etcd's log. */
    static final Duration DENIED = Duration.ofMinutes(10);

    private final Leases leases;
    private final Env env;
    private final String key;
    private final ClientId client;
    private final Executor serial;

    // Touched by serial tasks only.
    private final Map<Part, List<RejectedValue>> parts = new LinkedHashMap<>();
    private final Map<RejectedValue, Instant> since = new LinkedHashMap<>();
    private @Nullable LeasedKey standing;
    private @Nullable Cancellable timer;
    private boolean told;
    private long publishedNanos;
    private boolean denialLogged;

    StatusKey(Leases leases, Env env, String key, ClientId client) {
        this.leases = leases;
        this.env = env;
        this.key = key;
        this.client = client;
        this.serial = env.serial(this);
    }

    /** What one resolver has to say. */
    public final class Part {
        private Part() {}

        /** All that it refuses at present. */
        public void set(List<RejectedValue> present) {
            List<RejectedValue> now = List.copyOf(present);
            serial.execute(() -> take(this, now));
        }
    }

    Part part() {
        return new Part();
    }

    private void take(Part part, List<RejectedValue> present) {
        if (present.isEmpty()) {
            parts.remove(part);
        } else {
            parts.put(part, present);
        }
        List<RejectedValue> all =
                parts.values().stream().flatMap(List::stream).distinct().toList();
        since.keySet().retainAll(all);
        for (RejectedValue refused : all) {
            since.putIfAbsent(refused, env.time().now());
        }
        if (timer == null && (standing != null || !since.isEmpty())) {
            timer = env.time().schedule(delayNanos(), () -> serial.execute(this::tell));
        }
    }

    private long delayNanos() {
        long spread = (long) (SPREAD.toNanos() * env.dice().nextDouble());
        return told ? Math.max(spread, publishedNanos + QUIET.toNanos() - env.time().nanoTime()) : spread;
    }

    private void tell() {
        timer = null;
        LeasedKey present = standing;
        if (since.isEmpty()) {
            if (present != null) {
                standing = null;
                notePublished();
                present.end().whenComplete((done, thrown) -> {
                    if (thrown != null) {
                        LOG.debug("{} is not deleted and goes when its lease ends", key, thrown);
                    }
                });
            }
            return;
        }
        notePublished();
        String value = value();
        if (present == null) {
            present = new LeasedKey(
                    leases, env, serial, new LeasedKey.Entry(key, value, TTL.toSeconds()), DENIED, new Owner());
            standing = present;
            present.establish();
        } else {
            present.rewrite(value);
        }
    }

    private void notePublished() {
        told = true;
        publishedNanos = env.time().nanoTime();
    }

    private String value() {
        List<Status.Item> items = new ArrayList<>();
        since.forEach((refused, instant) -> items.add(new Status.Item(refused, instant)));
        items.sort(Comparator.comparing(item -> item.refused().key()));
        return Status.write(client, items);
    }

    /** Deletes the key; completes when that is done or cannot be. */
    CompletableFuture<Void> close() {
        CompletableFuture<Void> closed = new CompletableFuture<>();
        serial.execute(() -> {
            parts.clear();
            since.clear();
            if (timer != null) {
                timer.cancel();
                timer = null;
            }
            LeasedKey present = standing;
            standing = null;
            if (present == null) {
                closed.complete(null);
            } else {
                present.end().whenComplete((done, thrown) -> closed.complete(null));
            }
        });
        return closed;
    }

    /** Says it once when it may not be written. */
    private final class Owner implements LeasedKey.Owner {
        @Override
        public void onWritten(long ttlSeconds) {
            denialLogged = false;
        }

        @Override
        public void onFailing(SourceFailure cause) {
            if (cause.kind() != SourceFailure.Kind.DENIED) {
                LOG.debug("{} cannot be written, trying on: {}", key, cause.getMessage());
            } else if (!denialLogged) {
                denialLogged = true;
                LOG.info(
                        "{} cannot be written, which leaves everything else as it is (it would say what this client refuses): {}",
                        key,
                        cause.getMessage());
            }
        }

        @Override
        public void onLeaseLost() {
            LOG.debug("{}: its lease has ended; it is written again", key);
        }
    }
}
