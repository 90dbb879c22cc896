package dev.zerohop.etcd.orchestrator;

import dev.zerohop.Env;
import dev.zerohop.Health;
import dev.zerohop.Log;
import dev.zerohop.etcd.client.Leases;
import dev.zerohop.etcd.client.RangeWatch;
import dev.zerohop.etcd.client.SerialCalls;
import dev.zerohop.etcd.service.HealthVerdict;
import dev.zerohop.watch.Backoff;
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
 * Writes the list of workers and the verdicts for as long as this process leads. Each write is conditional on the leader's candidacy, so a leader that was
 * deposed without noticing changes nothing.
 *
 * <p>One write at a time, no more than {@link #WRITES_PER_TRANSACTION} keys in it, and {@link #PAUSE} between decisions. For tasks of one serial executor.
 */
final class LeaderLoop {
    private static final Log LOG = Log.of(LeaderLoop.class);

    /** A little below etcd's default limit. */
    static final int WRITES_PER_TRANSACTION = 100;

    /** The pause between writes, so that simultaneous changes are written together. */
    static final Duration PAUSE = Duration.ofMillis(200);

    /** Two rewrites may fail before a verdict expires. */
    private static final int REWRITES_PER_TTL = 3;

    private final OrchestratorKeys keys;
    private final OrchestratorSettings settings;
    private final Leases leases;
    private final Env env;
    private final Leases.Guard guard;
    private final SerialCalls decisions;
    private final SerialCalls rewrites;
    private final Owner owner;

    /** Verdicts that this leader has written and that {@link #content} does not contain yet. */
    private final Map<String, Written> ahead = new HashMap<>();

    private OrchestratorView.Content content;
    private Assignment assignment;
    private long assignmentRevision;
    private Leases.@Nullable Lease lease;
    private boolean refresh;
    private boolean writing;
    private boolean again;
    private int failures;

    /** A write of one verdict; null for its deletion. */
    private record Written(@Nullable HealthVerdict verdict, long revision) {}

    /** The process that leads. */
    interface Owner {
        /** etcd has rejected a write: another one leads. */
        void onDeposed();

        /** A decision was made. */
        void onDecision(QuorumDecision decision);
    }

    /** {@code guard} binds each write to the candidacy that was elected. */
    LeaderLoop(
            OrchestratorKeys keys,
            OrchestratorSettings settings,
            Leases leases,
            Leases.Guard guard,
            Env env,
            Executor serial,
            OrchestratorView.Content content,
            Owner owner) {
        this.keys = keys;
        this.settings = settings;
        this.leases = leases;
        this.guard = guard;
        this.env = env;
        this.decisions = new SerialCalls(env.time(), serial);
        this.rewrites = new SerialCalls(env.time(), serial);
        this.owner = owner;
        this.content = content;
        this.assignment = content.assignment();
        this.assignmentRevision = content.assignmentRevision();
        rewriteLater();
        decide();
    }

    /** Takes the present content of etcd. */
    void take(OrchestratorView.Content now) {
        content = now;
        // Content of the same or a later revision replaces the written verdicts: a lease may have ended, or an
        // operator may have deleted a key.
        ahead.values().removeIf(written -> written.revision() <= now.revision());
        if (assignmentRevision <= now.revision()) {
            assignment = now.assignment();
            assignmentRevision = now.assignmentRevision();
        }
        decideSoon();
    }

    /** All verdicts, this leader's and its predecessors'. */
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
        decisions.end();
        rewrites.end();
    }

    // ---- deciding ----

    private void decideSoon() {
        if (writing) {
            again = true;
        } else if (!decisions.scheduled()) {
            decideIn(Backoff.jittered(PAUSE.toNanos(), env.dice()));
        }
    }

    private void decideIn(long delayNanos) {
        decisions.schedule(delayNanos, () -> {
            if (!writing) {
                decide();
            }
        });
    }

    private void rewriteLater() {
        long third = settings.ttl().toNanos() / REWRITES_PER_TTL;
        rewrites.schedule(Backoff.jittered(third, env.dice()), () -> {
            if (decisions.ended()) {
                return;
            }
            refresh = true;
            rewriteLater();
            decideSoon();
        });
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
                // No verdict needs the lease any more, so it may end; the next verdict gets a new one.
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

    /** A write and the verdict after it; null for none. */
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
                decideSoon();
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
     * Provides the lease of verdicts, of twice their time to live, so that none stays for ever when all orchestrators are gone. It is not the leader's own
     * lease, since a verdict must outlive a change of leaders.
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
        decisions.then(call, next, failure -> {
            failures++;
            if (failures == 1) {
                LOG.warn(
                        "{} of {}: verdicts cannot be written, retrying: {}",
                        settings.id(),
                        keys.service().service(),
                        failure.getMessage());
            }
            // The lease may be the cause, so a new one is granted. It is unknown which writes were applied, so all
            // are repeated.
            lease = null;
            refresh = true;
            writing = false;
            decideIn(RangeWatch.BACKOFF.nanos(failure, failures, env.dice()));
        });
    }
}
