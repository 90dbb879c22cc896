package dev.zerohop.etcd.election;

import dev.zerohop.Cancellable;
import dev.zerohop.Env;
import dev.zerohop.Log;
import dev.zerohop.etcd.client.Leases;
import dev.zerohop.etcd.client.RangeWatch;
import dev.zerohop.etcd.client.SerialCalls;
import dev.zerohop.json.JsonWriter;
import dev.zerohop.watch.Backoff;
import dev.zerohop.watch.SourceFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One process's part in an election: a lease, and under it the process's own key and its candidacy. The candidate whose key was created first leads
 * ({@link ElectionState}); a leader's writes are bound to its candidacy by {@link Held#guard}, so one that was deposed without noticing changes nothing.
 * A candidate that resigned stays registered. Whenever the lease or the candidacy is lost, both keys are written again under another lease, at the end of the queue. For tasks of one serial executor.
 */
public final class Candidacy {
    private static final Log LOG = Log.of(Candidacy.class);

    /** Two renewals may fail before the lease ends. */
    private static final int RENEWALS_PER_TTL = 3;

    private final Candidate candidate;
    private final Leases leases;
    private final Env env;
    private final Executor serial;
    private final SerialCalls calls;
    private final Function<Leases.Lease, String> registration;
    private final Runnable onChange;

    /** The lease that was requested last, granted or not. */
    private CompletableFuture<Leases.@Nullable Lease> granted = CompletableFuture.completedFuture(null);

    private @Nullable Held held;
    private boolean current;
    private boolean resigned;

    /** Whether the registration has to be written again, and whether that is under way. */
    private boolean outdated;

    private boolean rewriting;
    private int failures;
    private long askedNanos;
    private @Nullable Cancellable deadline;

    /**
     * A candidate of an election.
     *
     * @param name for the log
     * @param id its name among the candidates; the value of its candidacy
     * @param election the prefix of all candidacies, ending with a slash; null for one that registers and never leads
     * @param member the key that registers the process
     * @param leaseSeconds how long a process that died counts as alive
     */
    public record Candidate(
            String name, String id, @Nullable String election, String member, long leaseSeconds) {}

    /**
     * The lease and the candidacy that are held.
     *
     * @param candidate the key of the candidacy; empty without one
     * @param revision when it was created: the fence of its owner once it leads
     */
    public record Held(Leases.Lease lease, String candidate, long revision) {

        /** Binds a write to this candidacy. */
        public Leases.Guard guard() {
            return new Leases.Guard(candidate, revision);
        }
    }

    /** One whose registration names its lease. */
    public Candidacy(Candidate candidate, Leases leases, Env env, Executor serial, Runnable onChange) {
        this(candidate, leases, env, serial, Candidacy::registration, onChange);
    }

    /**
     * A candidacy that begins with {@link #establish}.
     *
     * @param registration the value of the key that registers the process, under a lease; asked in serial tasks
     * @param onChange called in a serial task when {@link #held} has changed
     */
    public Candidacy(
            Candidate candidate,
            Leases leases,
            Env env,
            Executor serial,
            Function<Leases.Lease, String> registration,
            Runnable onChange) {
        this.candidate = candidate;
        this.leases = leases;
        this.env = env;
        this.serial = serial;
        this.calls = new SerialCalls(env.time(), serial);
        this.registration = registration;
        this.onChange = onChange;
    }

    /** The lease and the candidacy, valid by this machine's clock; null before the lease is granted, and while it may have ended. */
    public @Nullable Held held() {
        return current ? held : null;
    }

    /** Grants a lease and writes the keys. */
    public void establish() {
        then(revoke(), revoked -> {
            long asked = env.time().nanoTime();
            CompletableFuture<Leases.Lease> grant = leases.grant(candidate.leaseSeconds());
            granted = grant.handle((lease, thrown) -> lease);
            then(grant, lease -> register(lease, asked));
        });
    }

    private void register(Leases.Lease lease, long asked) {
        outdated = false;
        List<Leases.Write> writes = new ArrayList<>(List.of(member(lease)));
        String election = candidate.election();
        String key = election == null || resigned ? "" : election + Long.toHexString(lease.id());
        if (!key.isEmpty()) {
            writes.add(Leases.Write.put(key, candidate.id(), lease.id()));
        }
        then(leases.write(List.of(), writes), revision -> {
            held = new Held(lease, key, revision);
            renewed(asked, lease);
        });
    }

    private Leases.Write member(Leases.Lease lease) {
        return Leases.Write.put(candidate.member(), registration.apply(lease), lease.id());
    }

    /** The value of the key that registers a process. */
    public static String registration(Leases.Lease lease) {
        return JsonWriter.object(out -> out.writeStringField("lease", Long.toHexString(lease.id())));
    }

    /** Ends the lease that was requested last and deletes the keys under it, even if the lease is not granted yet. */
    private CompletableFuture<Void> revoke() {
        return granted.thenCompose(
                lease -> lease == null ? CompletableFuture.completedFuture(null) : leases.revoke(lease.id()));
    }

    /** Renews the lease now, to find out whether it still exists. */
    public void check() {
        calls.schedule(0, this::renew);
    }

    private void renewed(long asked, Leases.Lease lease) {
        failures = 0;
        long ttl = Duration.ofSeconds(lease.ttlSeconds()).toNanos();
        cancelDeadline();
        deadline = env.time().schedule(asked + ttl - env.time().nanoTime(), () -> serial.execute(this::lapse));
        askedNanos = asked;
        calls.schedule(Backoff.jittered(ttl / RENEWALS_PER_TTL, env.dice()), this::renew);
        if (!current) {
            current = true;
            onChange.run();
        }
        if (outdated) {
            writeMember();
        }
    }

    /** The registration has changed: it is written, now or with the next lease. */
    public void rewrite() {
        outdated = true;
        writeMember();
    }

    private void writeMember() {
        Held holding = held;
        if (holding == null || rewriting || calls.ended()) {
            return;
        }
        rewriting = true;
        outdated = false;
        calls.then(
                leases.write(List.of(), List.of(member(holding.lease()))),
                written -> {
                    rewriting = false;
                    if (outdated) {
                        writeMember();
                    }
                },
                failure -> {
                    rewriting = false;
                    outdated = true;
                    failed(failure);
                });
    }

    /** Gives up the candidacy for good and stays registered. */
    public void resign() {
        resigned = true;
        Held holding = held;
        if (holding == null || holding.candidate().isEmpty() || calls.ended()) {
            return;
        }
        onChange.run();
        then(leases.write(List.of(), List.of(Leases.Write.delete(holding.candidate()))), done -> {});
    }

    /** The lease may have ended; the next renewal shows. */
    private void lapse() {
        Held holding = held;
        boolean over = holding != null
                && env.time().nanoTime() - askedNanos
                        >= Duration.ofSeconds(holding.lease().ttlSeconds()).toNanos();
        if (current && over && !calls.ended()) {
            current = false;
            LOG.warn("{}: not renewed for {} s; others may lead now", this, candidate.leaseSeconds());
            onChange.run();
        }
    }

    private void renew() {
        Held holding = held;
        if (holding == null) {
            establish();
            return;
        }
        long begun = env.time().nanoTime();
        then(leases.keepAlive(holding.lease().id()), left -> {
            if (left > 0) {
                checkKeys(holding, begun);
            } else {
                lost("its lease has ended");
            }
        });
    }

    /** Checks the keys: one can be deleted by hand while its lease lives on. */
    private void checkKeys(Held holding, long begun) {
        boolean stands = !holding.candidate().isEmpty();
        List<Leases.Guard> guards = stands && !resigned ? List.of(holding.guard()) : List.of();
        List<Leases.Write> withdrawn =
                stands && resigned ? List.of(Leases.Write.delete(holding.candidate())) : List.of();
        then(leases.write(guards, withdrawn), standing -> {
            if (standing == 0) {
                lost("its candidacy was deleted");
                return;
            }
            Leases.Guard missing = new Leases.Guard(candidate.member(), 0);
            then(leases.write(missing, List.of(member(holding.lease()))), written -> {
                if (written > 0) {
                    LOG.warn("{}: its registration was deleted; it is written again", this);
                }
                renewed(begun, holding.lease());
            });
        });
    }

    private void lost(String why) {
        LOG.warn("{}: {}; it comes back at the end of the queue", this, why);
        held = null;
        current = false;
        onChange.run();
        establish();
    }

    private <T> void then(CompletableFuture<T> call, Consumer<T> next) {
        calls.then(call, next, this::failed);
    }

    private void failed(SourceFailure failure) {
        failures++;
        if (failures == 1) {
            LOG.warn("{}: cannot reach etcd, retrying: {}", this, failure.getMessage());
        }
        calls.schedule(RangeWatch.BACKOFF.nanos(failure, failures, env.dice()), this::renew);
    }

    /** Resigns: both keys are gone when the future completes. */
    public CompletableFuture<Void> end() {
        calls.end();
        current = false;
        cancelDeadline();
        held = null;
        return revoke();
    }

    private void cancelDeadline() {
        if (deadline != null) {
            deadline.cancel();
        }
    }

    @Override
    public String toString() {
        return candidate.name();
    }
}
