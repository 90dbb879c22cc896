package dev.zerohop.etcd.sharding;

import dev.zerohop.Cancellable;
import dev.zerohop.Env;
import dev.zerohop.Log;
import dev.zerohop.SliceMap;
import dev.zerohop.etcd.client.Cluster;
import dev.zerohop.etcd.client.EtcdFailure;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.etcd.client.Leases;
import dev.zerohop.etcd.client.RangeWatch;
import dev.zerohop.etcd.client.SerialCalls;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.service.SliceHistory;
import dev.zerohop.resolver.SliceHead;
import dev.zerohop.sharding.store.Member;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.SourceFailure;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * What one member does for as long as it leads: follows the other members, writes assignments, and writes the newest known one again where etcd has lost it. For tasks of one serial
 * executor.
 */
final class Lead {
    private static final Log LOG = Log.of(Lead.class);

    /** How long an assignment is waited for that a member states to know, before the leader goes on without it. */
    static final Duration OFFER_PATIENCE = Duration.ofSeconds(10);

    private final Owner owner;
    private final ServiceKeys keys;
    private final Env env;
    private final Executor serial;
    private final Leases leases;
    private final Leases.Guard candidacy;
    private final AssignmentWriter writer;
    private final SerialCalls asking;
    private final SerialCalls writing;
    private final MembersView members;
    private final Cancellable following;
    private boolean read;
    private @Nullable String error;
    private boolean busy;
    private int failures;

    /** The generation that was asked for last, and whether it was waited for in vain. */
    private long wanted = SliceMap.DRAFT;

    private boolean inVain;

    /** The member that leads. */
    interface Owner {
        /** Something has changed. */
        void onChange();

        /** etcd has rejected a write: another one was made, or another one leads. */
        void onRejected();

        /** All keys of the assignment. */
        Map<String, Entry> entries();

        SliceHistory history();

        /** The newest assignment that is known. */
        @Nullable
        SliceMap known();

        /** A generation that whatever is written has to be above, as far as this member knows. */
        long floor();
    }

    /** {@code candidacy} binds each write to the candidacy that was elected. */
    Lead(Owner owner, Cluster cluster, ServiceKeys keys, Executor serial, Leases.Guard candidacy) {
        this.owner = owner;
        this.keys = keys;
        this.serial = serial;
        this.env = cluster.env();
        this.leases = new Leases(cluster.connection());
        this.candidacy = candidacy;
        this.writer = new AssignmentWriter(keys, leases);
        this.asking = new SerialCalls(cluster.env().time(), serial);
        this.writing = new SerialCalls(cluster.env().time(), serial);
        this.members = new MembersView(owner.toString(), keys);
        this.following = cluster.follow(members.followed(), new MemberSubscriber());
    }

    /** What the members say. */
    MembersView members() {
        return members;
    }

    /** Whether they have been read: without, nothing follows from their absence. */
    boolean read() {
        return read;
    }

    /** Why they cannot be read; null while they can. */
    @Nullable
    String error() {
        return error;
    }

    boolean isBy(Leases.Guard other) {
        return candidacy.equals(other);
    }

    void end() {
        asking.end();
        writing.end();
        following.cancel();
    }

    private final class MemberSubscriber implements Reflector.Subscriber<Entry, Version> {
        @Override
        public void onState(Reflector.State<Entry, Version> state, boolean stale) {
            serial.execute(() -> {
                if (!writing.ended()) {
                    members.read(state.values());
                    read |= !stale;
                    error = null;
                    owner.onChange();
                }
            });
        }

        @Override
        public void onConfirmed(Instant asOf) {
            serial.execute(() -> {
                if (error != null && !writing.ended()) {
                    error = null;
                    owner.onChange();
                }
            });
        }

        @Override
        public void onFailure(SourceFailure cause) {
            serial.execute(() -> {
                if (!writing.ended()) {
                    error = String.valueOf(cause.getMessage());
                    owner.onChange();
                }
            });
        }
    }

    private AssignmentWriter.Present present() {
        Member newest = members.newest();
        long floor = Math.max(owner.floor(), newest == null ? 0 : newest.state().generation());
        return new AssignmentWriter.Present(owner.entries(), owner.history().stored(), floor);
    }

    private static long generation(@Nullable SliceMap map) {
        return map == null ? SliceMap.DRAFT : map.generation();
    }

    private long stored() {
        SliceHistory.Stored stored = owner.history().stored();
        return stored == null ? SliceMap.DRAFT : stored.map().generation();
    }

    // ---- what etcd has lost ----

    /** Writes the newest assignment again that etcd has lost, once it is known. */
    void repair() {
        if (!read || busy || writing.scheduled() || !present().isBehind()) {
            return;
        }
        Member newest = members.newest();
        if (newest != null && newest.state().generation() > generation(owner.known())) {
            SliceMap offer = members.offer(newest.id());
            if (offer != null && offer.generation() >= newest.state().generation()) {
                owner.history().learn(offer);
                owner.onChange();
                return;
            }
            ask(newest);
            if (!inVain) {
                return;
            }
        }
        SliceMap known = owner.known();
        if (known == null || known.generation() <= stored()) {
            return;
        }
        LOG.warn(
                "{}: etcd holds {}, and generation {} is known, which is written again",
                owner,
                stored() == SliceMap.DRAFT ? "no assignment" : "generation " + SliceHead.name(stored()),
                SliceHead.name(known.generation()));
        writing.then(write(known), done -> failures = 0, failure -> {
            failures++;
            writing.schedule(RangeWatch.BACKOFF.nanos(failure, failures, env.dice()), this::repair);
        });
    }

    /** Asks a member for its assignment, once. */
    private void ask(Member member) {
        long generation = member.state().generation();
        if (wanted == generation) {
            return;
        }
        wanted = generation;
        inVain = false;
        LOG.warn(
                "{}: {} knows generation {}, which etcd does not hold, and is asked for it",
                owner,
                member.id(),
                SliceHead.name(generation));
        Leases.Write write = Leases.Write.put(keys.assignmentWanted(), new Wanted(member.id(), generation).write(), 0);
        asking.then(leases.write(candidacy, List.of(write)), written -> {}, failure -> wanted = SliceMap.DRAFT);
        asking.schedule(OFFER_PATIENCE.toNanos(), () -> {
            inVain = true;
            LOG.warn(
                    "{}: generation {} was not offered; the next one goes on without it",
                    owner,
                    SliceHead.name(generation));
            repair();
        });
    }

    // ---- writing ----

    /** Writes the next assignment, if {@code before} is in force. */
    CompletableFuture<Boolean> write(@Nullable SliceMap before, SliceMap next) {
        SliceMap known = owner.known();
        boolean inForce = before == null ? known == null : known != null && before.equals(known);
        boolean owesRepair = present().isBehind() && !(inVain && generation(known) == stored());
        if (!read || busy || !inForce || owesRepair) {
            return CompletableFuture.completedFuture(false);
        }
        return write(next);
    }

    private CompletableFuture<Boolean> write(SliceMap next) {
        busy = true;
        CompletableFuture<Boolean> written;
        try {
            written = writer.write(present(), next, candidacy);
        } catch (IllegalArgumentException impossible) {
            written = CompletableFuture.failedFuture(new SourceFailure(
                    SourceFailure.Kind.TOO_MUCH, String.valueOf(impossible.getMessage()), impossible));
        }
        CompletableFuture<Boolean> result = new CompletableFuture<>();
        written.whenCompleteAsync(
                (done, thrown) -> {
                    busy = false;
                    if (thrown != null) {
                        result.completeExceptionally(EtcdFailure.of(thrown));
                        return;
                    }
                    if (!done && !writing.ended()) {
                        LOG.warn(
                                "{}: its assignment was rejected: another one was written, or another one leads",
                                owner);
                        owner.onRejected();
                    }
                    result.complete(done);
                },
                serial);
        return result;
    }
}
