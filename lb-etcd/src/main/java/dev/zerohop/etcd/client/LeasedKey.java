package dev.zerohop.etcd.client;

import dev.zerohop.Cancellable;
import dev.zerohop.Env;
import dev.zerohop.watch.Backoff;
import dev.zerohop.watch.SourceFailure;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One key that stands for as long as its owner lives: written under a lease that is renewed three times within its length. After any outage the lease is
 * granted again and the key written again, without end. Every method is called, and the owner told, by tasks of one serial executor.
 *
 * <p>Each renewal looks whether the key still stands under this lease. One that is gone is written again. One that stands under another lease is left to
 * it, since two that overwrite each other would flap; it is taken back when that one has ended.
 */
public final class LeasedKey {

    /** Two renewals may fail before the lease ends. */
    private static final int RENEWALS_PER_TTL = 3;

    /** What is to stand there, and how long it does after the last renewal. */
    public record Entry(String key, String value, long ttlSeconds) {}

    /** Learns how it goes. */
    public interface Owner {
        /** The key stands, under a lease of so many seconds at a time. */
        void onWritten(long ttlSeconds);

        /** The lease was renewed; the key stands as before. */
        default void onRenewed() {}

        /** The first failure after a success; it is tried again. */
        void onFailing(SourceFailure cause);

        /** The lease ended behind our back; the key is written again. */
        void onLeaseLost();

        /** The key was deleted, by hand or with the other lease that it stood under; it is written again. */
        default void onGone() {}

        /** The key stands under another lease, with this value; it is left there until that lease ends. Said once for each such lease. */
        default void onTaken(String value) {}
    }

    private final Leases leases;
    private final Env env;
    private final Executor serial;
    private final String key;
    private final long ttlSeconds;
    private final Backoff backoff;
    private final Owner owner;

    private String value;

    /** What stands there as far as is known. */
    private @Nullable String stood;

    private boolean writing;
    private Leases.@Nullable Lease lease;
    private long writtenRevision;

    /** The other lease that the key was seen under; 0 if it was none. */
    private long taker;

    private boolean ended;
    private int failures;
    private @Nullable Cancellable timer;

    /** {@code denied} is the wait after etcd did not allow it. */
    public LeasedKey(Leases leases, Env env, Executor serial, Entry entry, Duration denied, Owner owner) {
        this.leases = leases;
        this.env = env;
        this.serial = serial;
        this.key = entry.key();
        this.value = entry.value();
        this.ttlSeconds = entry.ttlSeconds();
        this.backoff = RangeWatch.BACKOFF.withDenied(denied);
        this.owner = owner;
    }

    /** Grants a lease and writes the key. */
    public void establish() {
        lease = null;
        writtenRevision = 0;
        then(leases.grant(ttlSeconds), granted -> {
            lease = granted;
            write(granted);
        });
    }

    /** Another value from now on; written at once if the key stands, else with the next attempt. */
    void rewrite(String next) {
        value = next;
        Leases.Lease held = lease;
        if (held != null && writtenRevision > 0 && !writing && !ended) {
            write(held);
        }
    }

    /** Another value from now on; written now only if nobody else has written the key since, which the answer tells. Needs {@link #written}. */
    public CompletableFuture<Boolean> amend(String next) {
        value = next;
        stood = next;
        Leases.Lease held = lease;
        return held == null
                ? CompletableFuture.completedFuture(false)
                : leases.replace(key, writtenRevision, next, held.id());
    }

    /** Whether it was written under the present lease. */
    public boolean written() {
        return lease != null && writtenRevision > 0;
    }

    /** Ends the lease, which deletes the key unless somebody else has written it since. Nothing is tried any more. */
    public CompletableFuture<Void> end() {
        stop();
        Leases.Lease held = lease;
        return held == null ? CompletableFuture.completedFuture(null) : leases.revoke(held.id());
    }

    private void stop() {
        ended = true;
        cancelTimer();
    }

    private void write(Leases.Lease granted) {
        String now = value;
        writing = true;
        then(leases.put(key, now, granted.id()), revision -> {
            writing = false;
            stood = now;
            writtenRevision = revision;
            failures = 0;
            owner.onWritten(granted.ttlSeconds());
            goOn(granted);
        });
    }

    private void goOn(Leases.Lease granted) {
        if (writing) {
            return;
        }
        if (value.equals(stood)) {
            renewLater(granted);
        } else {
            write(granted);
        }
    }

    private void renewLater(Leases.Lease granted) {
        long third = Duration.ofSeconds(granted.ttlSeconds()).toNanos() / RENEWALS_PER_TTL;
        schedule(Backoff.jittered(third, env.dice()), () -> renew(granted));
    }

    private void renew(Leases.Lease granted) {
        then(leases.keepAlive(granted.id()), left -> {
            if (left > 0) {
                then(leases.find(key), found -> renewed(granted, found));
            } else {
                owner.onLeaseLost();
                establish();
            }
        });
    }

    private void renewed(Leases.Lease granted, Optional<Leases.Standing> found) {
        failures = 0;
        if (writing) {
            return;
        }
        if (found.isEmpty()) {
            owner.onGone();
            writeIfAbsent(granted);
            return;
        }
        Leases.Standing standing = found.get();
        if (standing.lease() == granted.id()) {
            taker = 0;
            owner.onRenewed();
            goOn(granted);
            return;
        }
        if (standing.lease() != taker || taker == 0) {
            taker = standing.lease();
            owner.onTaken(standing.value());
        }
        renewLater(granted);
    }

    /** Unless another one has written it just now, which the next renewal sees. */
    private void writeIfAbsent(Leases.Lease granted) {
        String now = value;
        writing = true;
        then(leases.write(new Leases.Guard(key, 0), List.of(Leases.Write.put(key, now, granted.id()))), revision -> {
            writing = false;
            if (revision == 0) {
                renewLater(granted);
                return;
            }
            stood = now;
            writtenRevision = revision;
            taker = 0;
            owner.onWritten(granted.ttlSeconds());
            goOn(granted);
        });
    }

    /** Goes on with the answer, or starts again from what is known after a while. */
    private <T> void then(CompletableFuture<T> call, Consumer<T> next) {
        call.whenComplete((answer, thrown) -> serial.execute(() -> {
            if (ended) {
                return;
            }
            if (thrown == null) {
                next.accept(answer);
            } else {
                retry(thrown);
            }
        }));
    }

    private void retry(Throwable thrown) {
        SourceFailure failure = EtcdFailure.of(thrown);
        if (failure.kind() == SourceFailure.Kind.CLOSED) {
            stop();
            return;
        }
        writing = false;
        failures++;
        if (failures == 1) {
            owner.onFailing(failure);
        }
        Leases.Lease held = lease;
        schedule(backoff.nanos(failure, failures, env.dice()), () -> {
            if (held == null || writtenRevision == 0) {
                // A lease that nothing was written under may have ended by now; a new one has not.
                establish();
            } else {
                renew(held);
            }
        });
    }

    private void schedule(long delayNanos, Runnable task) {
        cancelTimer();
        timer = env.time()
                .schedule(
                        delayNanos,
                        () -> serial.execute(() -> {
                            if (!ended) {
                                task.run();
                            }
                        }));
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }
}
