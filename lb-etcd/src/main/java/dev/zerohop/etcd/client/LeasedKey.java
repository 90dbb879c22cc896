package dev.zerohop.etcd.client;

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
 * One key that exists for as long as its owner lives: written under a lease that is renewed three times within its length. After an outage the lease is
 * granted again and the key is written again; attempts never stop. Every method is called, and the owner notified, by tasks of one serial executor.
 *
 * <p>Each renewal checks whether the key is still under this lease. One that is gone is written again. One that is under another lease is left alone, since
 * two writers would overwrite each other for ever; it is written again when that lease has ended.
 */
public final class LeasedKey {

    /** Two renewals may fail before the lease ends. */
    private static final int RENEWALS_PER_TTL = 3;

    /** The key, its value, and how long it exists after the last renewal. */
    public record Entry(String key, String value, long ttlSeconds) {}

    /** Is notified of changes of the key. */
    public interface Owner {
        /** The key is written, under a lease of {@code ttlSeconds}. */
        void onWritten(long ttlSeconds);

        /** The lease was renewed; the key is unchanged. */
        default void onRenewed() {}

        /** The first failure after a success; attempts continue. */
        void onFailing(SourceFailure cause);

        /** The lease ended without a revocation; the key is written again. */
        void onLeaseLost();

        /** The key was deleted, by hand or with another lease; it is written again. */
        default void onGone() {}

        /** The key is under another lease, with this value, and is left there until that lease ends. Called once for each such lease. */
        default void onTaken(String value) {}
    }

    private final Leases leases;
    private final Env env;
    private final SerialCalls calls;
    private final String key;
    private final long ttlSeconds;
    private final Backoff backoff;
    private final Owner owner;

    private String value;

    /** The last value that is known to be written. */
    private @Nullable String writtenValue;

    private boolean writing;
    private Leases.@Nullable Lease lease;
    private long writtenRevision;

    /** The other lease that the key was last found under; 0 for none. */
    private long otherLease;

    private int failures;

    /** {@code denied} is the wait after etcd denied a call. */
    public LeasedKey(Leases leases, Env env, Executor serial, Entry entry, Duration denied, Owner owner) {
        this.leases = leases;
        this.env = env;
        this.calls = new SerialCalls(env.time(), serial);
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

    /** Changes the value; it is written at once if the key is written, else with the next attempt. */
    void rewrite(String next) {
        value = next;
        Leases.Lease held = lease;
        if (held != null && writtenRevision > 0 && !writing && !calls.ended()) {
            write(held);
        }
    }

    /**
     * Changes the value and writes it now, unless another writer has written the key since. Completes with whether it was written. Requires {@link #written}.
     */
    public CompletableFuture<Boolean> amend(String next) {
        value = next;
        writtenValue = next;
        Leases.Lease held = lease;
        return held == null
                ? CompletableFuture.completedFuture(false)
                : leases.replace(key, writtenRevision, next, held.id());
    }

    /** Whether it was written under the present lease. */
    public boolean written() {
        return lease != null && writtenRevision > 0;
    }

    /** Ends the lease, which deletes the key unless it is under another one by now. No further attempts are made. */
    public CompletableFuture<Void> end() {
        calls.end();
        Leases.Lease held = lease;
        return held == null ? CompletableFuture.completedFuture(null) : leases.revoke(held.id());
    }

    private void write(Leases.Lease granted) {
        String now = value;
        writing = true;
        then(leases.put(key, now, granted.id()), revision -> {
            failures = 0;
            written(granted, now, revision);
        });
    }

    private void written(Leases.Lease granted, String now, long revision) {
        writing = false;
        writtenValue = now;
        writtenRevision = revision;
        owner.onWritten(granted.ttlSeconds());
        goOn(granted);
    }

    private void goOn(Leases.Lease granted) {
        if (writing) {
            return;
        }
        if (value.equals(writtenValue)) {
            renewLater(granted);
        } else {
            write(granted);
        }
    }

    private void renewLater(Leases.Lease granted) {
        long third = Duration.ofSeconds(granted.ttlSeconds()).toNanos() / RENEWALS_PER_TTL;
        calls.schedule(Backoff.jittered(third, env.dice()), () -> renew(granted));
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

    private void renewed(Leases.Lease granted, Optional<Leases.Stored> found) {
        failures = 0;
        if (writing) {
            return;
        }
        if (found.isEmpty()) {
            owner.onGone();
            writeIfAbsent(granted);
            return;
        }
        Leases.Stored stored = found.get();
        if (stored.lease() == granted.id()) {
            otherLease = 0;
            owner.onRenewed();
            goOn(granted);
            return;
        }
        if (stored.lease() != otherLease || otherLease == 0) {
            otherLease = stored.lease();
            owner.onTaken(stored.value().toStringUtf8());
        }
        renewLater(granted);
    }

    /** Does nothing if another writer has just written the key, which the next renewal detects. */
    private void writeIfAbsent(Leases.Lease granted) {
        String now = value;
        writing = true;
        then(leases.write(new Leases.Guard(key, 0), List.of(Leases.Write.put(key, now, granted.id()))), revision -> {
            if (revision == 0) {
                writing = false;
                renewLater(granted);
                return;
            }
            otherLease = 0;
            written(granted, now, revision);
        });
    }

    private <T> void then(CompletableFuture<T> call, Consumer<T> next) {
        calls.then(call, next, this::retry);
    }

    private void retry(SourceFailure failure) {
        writing = false;
        failures++;
        if (failures == 1) {
            owner.onFailing(failure);
        }
        Leases.Lease held = lease;
        calls.schedule(backoff.nanos(failure, failures, env.dice()), () -> {
            if (held == null || writtenRevision == 0) {
                // The lease may have ended while nothing was written under it, so a new one is granted.
                establish();
            } else {
                renew(held);
            }
        });
    }
}
