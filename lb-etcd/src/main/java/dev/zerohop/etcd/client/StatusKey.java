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
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The values of one service that one client rejects, written under a lease. While there are none, neither key nor lease exists. Thread-safe; nothing blocks.
 * A client without permission to write still works.
 */
public final class StatusKey {
    private static final Log LOG = Log.of(StatusKey.class);

    /** How long a client that died stays listed at most. */
    static final Duration TTL = Duration.ofMinutes(5);

    /** Every client reads a bad value at the same time, so each writes its status at a random instant within this time. */
    static final Duration SPREAD = Duration.ofSeconds(1);

    /** The shortest time between two writes; the latest value wins. */
    static final Duration QUIET_PERIOD = Duration.ofSeconds(5);

    /** The wait after a denial: many clients may only read, and each attempt writes a line to etcd's log. */
    static final Duration DENIED = Duration.ofMinutes(10);

    private final Leases leases;
    private final Env env;
    private final String key;
    private final ClientId client;
    private final Executor serial;

    // Touched by serial tasks only.
    private final Map<Object, List<RejectedValue>> parts = new LinkedHashMap<>();
    private final Map<RejectedValue, Instant> since = new LinkedHashMap<>();
    private @Nullable LeasedKey written;
    private @Nullable Cancellable timer;
    private boolean published;
    private long publishedNanos;
    private boolean denialLogged;

    StatusKey(Leases leases, Env env, String key, ClientId client) {
        this.leases = leases;
        this.env = env;
        this.key = key;
        this.client = client;
        this.serial = env.serial(this);
    }

    /** Accepts the values that one resolver rejects at present. */
    Consumer<List<RejectedValue>> newPart() {
        Object part = new Object();
        return present -> {
            List<RejectedValue> now = List.copyOf(present);
            serial.execute(() -> take(part, now));
        };
    }

    private void take(Object part, List<RejectedValue> present) {
        if (present.isEmpty()) {
            parts.remove(part);
        } else {
            parts.put(part, present);
        }
        List<RejectedValue> all =
                parts.values().stream().flatMap(List::stream).distinct().toList();
        since.keySet().retainAll(all);
        for (RejectedValue value : all) {
            since.putIfAbsent(value, env.time().now());
        }
        if (timer == null && (written != null || !since.isEmpty())) {
            timer = env.time().schedule(delayNanos(), () -> serial.execute(this::publish));
        }
    }

    private long delayNanos() {
        long spread = (long) (SPREAD.toNanos() * env.dice().nextDouble());
        return published
                ? Math.max(
                        spread,
                        publishedNanos + QUIET_PERIOD.toNanos() - env.time().nanoTime())
                : spread;
    }

    private void publish() {
        timer = null;
        LeasedKey present = written;
        if (since.isEmpty()) {
            if (present != null) {
                written = null;
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
            written = present;
            present.establish();
        } else {
            present.rewrite(value);
        }
    }

    private void notePublished() {
        published = true;
        publishedNanos = env.time().nanoTime();
    }

    private String value() {
        List<Status.Item> items = new ArrayList<>();
        since.forEach((value, instant) -> items.add(new Status.Item(value, instant)));
        items.sort(Comparator.comparing(item -> item.value().key()));
        return Status.write(client, items);
    }

    /** Deletes the key; completes when it is deleted or cannot be deleted. */
    CompletableFuture<Void> close() {
        CompletableFuture<Void> closed = new CompletableFuture<>();
        serial.execute(() -> {
            parts.clear();
            since.clear();
            if (timer != null) {
                timer.cancel();
                timer = null;
            }
            LeasedKey present = written;
            written = null;
            if (present == null) {
                closed.complete(null);
            } else {
                present.end().whenComplete((done, thrown) -> closed.complete(null));
            }
        });
        return closed;
    }

    private final class Owner implements LeasedKey.Owner {
        @Override
        public void onWritten(long ttlSeconds) {
            denialLogged = false;
        }

        @Override
        public void onFailing(SourceFailure cause) {
            if (cause.kind() != SourceFailure.Kind.DENIED) {
                LOG.debug("{} cannot be written, retrying: {}", key, cause.getMessage());
            } else if (!denialLogged) {
                denialLogged = true;
                LOG.info(
                        "{} cannot be written; routing is not affected (the key would list the values that this client rejects): {}",
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
