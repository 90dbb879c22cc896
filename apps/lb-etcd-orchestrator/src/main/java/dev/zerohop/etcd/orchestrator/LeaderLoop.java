package dev.zerohop.etcd.orchestrator;

import dev.zerohop.Cancellable;
import dev.zerohop.Env;
import dev.zerohop.Health;
import dev.zerohop.Log;
import dev.zerohop.etcd.client.EtcdFailure;
import dev.zerohop.etcd.client.Leases;
import dev.zerohop.etcd.client.RangeWatch;
import dev.zerohop.etcd.service.HealthVerdict;
import dev.zerohop.watch.Backoff;
import dev.zerohop.watch.SourceFailure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a leader does for as long as it leads: it writes who the workers are, and the verdicts. Every write is a transaction that etcd makes only while the
 * leader's candidacy is still there, so one that was deposed without knowing it changes nothing.
 *
 * <p>One write at a time, no more than {@link #WRITES_PER_TRANSACTION} keys in it, and {@link #PAUSE} between decisions. Used by tasks of one serial
 * executor only.
 */
final class LeaderLoop {
    private static final Log LOG = Log.of(LeaderLoop.class);

    /** A little below etcd's default limit. */
    static final int WRITES_PER_TRANSACTION = 100;

    /** Flips that come together are written together. */
    static final Duration PAUSE = Duration.ofMillis(200);

    /** Two rewrites may fail before a verdict ends. */
    private static final int REWRITES_PER_TTL = 3;

    private final OrchestratorKeys keys;
    private final OrchestratorSettings settings;
    private final Leases leases;
    private final Env env;
    private final Executor serial;
    private final Leases.Guard guard;
    private final Owner owner;

    /** What this leader has written of verdicts that {@link #content} does not show yet. */
    private final Map<String, Written> ahead = new HashMap<>();

    private OrchestratorView.Content content;
    private Assignment assignment;
    private long assignmentRevision;
    private Leases.@Nullable Lease lease;
    private boolean refresh;
    private boolean writing;
    private boolean again;
    private boolean ended;
    private int failures;
    private @Nullable Cancellable timer;
    private @Nullable Cancellable refreshTimer;

    /** A write of one verdict; null for its deletion. */
    private record Written(@Nullable HealthVerdict verdict, long revision) {}

    /** Who leads; told in serial tasks. */
    interface Owner {
        /** etcd has refused a write: another one leads. */
        void onDeposed();

        /** What was decided. */
        void onDecision(QuorumDecision decision);
    }

    /**
     * What it works with.
     *
     * @param guard holds each write to the candidacy that was elected
     */
    record Means(Leases leases, Leases.Guard guard, Env env, Executor serial) {}

    LeaderLoop(
            OrchestratorKeys keys,
            OrchestratorSettings settings,
            Means means,
            OrchestratorView.Content content,
            Owner owner) {
        this.keys = keys;
        this.settings = settings;
        this.leases = means.leases();
        this.env = means.env();
        this.serial = means.serial();
        this.guard = means.guard();
        this.owner = owner;
        this.content = content;
        this.assignment = content.assignment();
        this.assignmentRevision = content.assignmentRevision();
        refreshLater();
        decide();
    }

    /** Takes what etcd says now. */
    void take(OrchestratorView.Content now) {
        content = now;
        // What etcd says as of the same revision or a later one goes before what was written: a lease may have ended
        // meanwhile, and an operator may have deleted a key.
        ahead.values().removeIf(written -> written.revision() <= now.revision());
        if (assignmentRevision <= now.revision()) {
            assignment = now.assignment();
            assignmentRevision = now.assignmentRevision();
        }
        soon();
    }

    /** The verdicts as they stand, this leader's and its predecessors'. */
    private Map<String, HealthVerdict> standing() {
        Map<String, HealthVerdict> standing = new HashMap<>(content.verdicts());
        ahead.forEach((id, written) -> {
            if (written.verdict() == null) {
                standing.remove(id);
            } else {
                standing.put(id, written.verdict());
            }
        });
        return standing;
    }

    void end() {
        ended = true;
        cancel(timer);
        cancel(refreshTimer);
    }

    // ---- deciding ----

    private void soon() {
        if (writing) {
            again = true;
        } else if (timer == null) {
            schedule(Backoff.jittered(PAUSE.toNanos(), env.dice()));
        }
    }

    private void schedule(long delayNanos) {
        cancel(timer);
        timer = env.time()
                .schedule(
                        delayNanos,
                        () -> serial.execute(() -> {
                            timer = null;
                            if (!ended && !writing) {
                                decide();
                            }
                        }));
    }

    private void refreshLater() {
        long third = settings.ttl().toNanos() / REWRITES_PER_TTL;
        refreshTimer = env.time()
                .schedule(
                        Backoff.jittered(third, env.dice()),
                        () -> serial.execute(() -> {
                            if (!ended) {
                                refresh = true;
                                refreshLater();
                                soon();
                            }
                        }));
    }

    private void decide() {
        again = false;
        List<String> workers = List.copyOf(content.workers().keySet());
        if (!workers.isEmpty() && !workers.equals(assignment.workers())) {
            assign(new Assignment(guard.created(), settings.id(), workers));
            return;
        }
        Map<String, HealthVerdict> standing = standing();
        QuorumDecision decision = QuorumDecision.of(
                content.members().keySet(),
                assignment,
                assignmentRevision,
                content.observations(),
                standing,
                settings.maxDownPercent());
        owner.onDecision(decision);
        boolean rewrite = refresh;
        refresh = false;
        Map<String, HealthVerdict> puts = new HashMap<>();
        decision.down().forEach((id, mark) -> {
            HealthVerdict before = standing.get(id);
            if (rewrite || before == null || !same(before, mark)) {
                puts.put(id, verdict(mark));
            }
        });
        List<String> lifted = standing.keySet().stream()
                .filter(id -> !decision.down().containsKey(id)
                        && !decision.undecided().contains(id))
                .toList();
        if (puts.isEmpty()) {
            if (rewrite) {
                // Nothing is held that would be worth a renewal, so it ends; the next mark comes under another one.
                lease = null;
            }
            write(changes(puts, lifted, 0));
        } else {
            withLease(rewrite, granted -> write(changes(puts, lifted, granted.id())));
        }
    }

    private boolean same(HealthVerdict before, QuorumDecision.DownMark mark) {
        return before.fence() == guard.created()
                && before.agreed().equals(mark.agreed())
                && before.reason().equals(mark.reason());
    }

    private HealthVerdict verdict(QuorumDecision.DownMark mark) {
        return new HealthVerdict(
                Health.Status.UNHEALTHY,
                mark.reason(),
                settings.id(),
                guard.created(),
                settings.ttlSeconds(),
                mark.agreed(),
                mark.since());
    }

    // ---- writing ----

    /** One change, and what holds once it is made; a null verdict is no verdict. */
    private record Change(String id, @Nullable HealthVerdict verdict, Leases.Write write) {}

    private List<Change> changes(Map<String, HealthVerdict> puts, List<String> lifted, long leaseId) {
        List<Change> changes = new ArrayList<>();
        puts.forEach((id, verdict) -> changes.add(
                new Change(id, verdict, Leases.Write.put(keys.service().health(id), verdict.toJson(), leaseId))));
        for (String id : lifted) {
            changes.add(new Change(id, null, Leases.Write.delete(keys.service().health(id))));
        }
        return changes;
    }

    private void assign(Assignment next) {
        guarded(List.of(Leases.Write.put(keys.assignment(), next.toJson(), 0)), revision -> {
            if (revision > content.assignmentRevision()) {
                assignment = next;
                assignmentRevision = revision;
            }
            decide();
        });
    }

    private void write(List<Change> changes) {
        if (changes.isEmpty()) {
            writing = false;
            if (again) {
                soon();
            }
            return;
        }
        List<Change> first = changes.subList(0, Math.min(WRITES_PER_TRANSACTION, changes.size()));
        guarded(first.stream().map(Change::write).toList(), revision -> {
            if (revision > content.revision()) {
                first.forEach(change -> ahead.put(change.id(), new Written(change.verdict(), revision)));
            }
            write(changes.subList(first.size(), changes.size()));
        });
    }

    private void guarded(List<Leases.Write> writes, Consumer<Long> next) {
        then(leases.write(guard, writes), revision -> {
            if (revision == 0) {
                owner.onDeposed();
                return;
            }
            failures = 0;
            next.accept(revision);
        });
    }

    /**
     * Verdicts are under a lease of twice their time, so that those of orchestrators that are gone do not stay for ever. It is not the leader's own: a
     * verdict must outlive a change of leaders.
     */
    private void withLease(boolean renew, Consumer<Leases.Lease> next) {
        Leases.Lease held = lease;
        if (held == null) {
            then(leases.grant(2 * settings.ttlSeconds()), granted -> {
                lease = granted;
                next.accept(granted);
            });
        } else if (renew) {
            then(leases.keepAlive(held.id()), left -> {
                if (left > 0) {
                    next.accept(held);
                } else {
                    lease = null;
                    withLease(true, next);
                }
            });
        } else {
            next.accept(held);
        }
    }

    private <T> void then(CompletableFuture<T> call, Consumer<T> next) {
        writing = true;
        call.whenComplete((answer, thrown) -> serial.execute(() -> {
            if (ended) {
                return;
            }
            if (thrown == null) {
                next.accept(answer);
                return;
            }
            SourceFailure failure = EtcdFailure.of(thrown);
            failures++;
            if (failures == 1) {
                LOG.warn(
                        "{} of {}: verdicts cannot be written, trying on: {}",
                        settings.id(),
                        keys.service().service(),
                        failure.getMessage());
            }
            // The lease may be what was wrong; the next one is fresh. Nobody knows what was written: all is written
            // again.
            lease = null;
            refresh = true;
            writing = false;
            schedule(RangeWatch.BACKOFF.nanos(failure, failures, env.dice()));
        }));
    }

    private static void cancel(@Nullable Cancellable scheduled) {
        if (scheduled != null) {
            scheduled.cancel();
        }
    }
}
