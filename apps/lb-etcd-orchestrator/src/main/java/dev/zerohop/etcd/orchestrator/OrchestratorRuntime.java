package dev.zerohop.etcd.orchestrator;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.Log;
import dev.zerohop.Prober;
import dev.zerohop.etcd.client.Cluster;
import dev.zerohop.etcd.client.KeyStore;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.etcd.client.Leases;
import dev.zerohop.etcd.client.RejectedValue;
import dev.zerohop.etcd.election.Candidacy;
import dev.zerohop.etcd.election.ElectionState;
import dev.zerohop.etcd.service.HealthVerdict;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.SourceFailure;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One orchestrator: passes the content of etcd to the worker, and to the leader loop while this one leads; writes the worker's observation to etcd. All state
 * belongs to one serial executor.
 */
final class OrchestratorRuntime implements LeaderLoop.Owner {
    private static final Log LOG = Log.of(OrchestratorRuntime.class);

    private final Cluster client;
    private final OrchestratorKeys keys;
    private final OrchestratorSettings settings;
    private final Env env;
    private final Leases leases;
    private final Executor serial;
    private final HealthOrchestrator.Listener listener;
    private final OrchestratorView view;
    private final Candidacy candidacy;
    private final ProbeWorker worker;
    private final ObservationWriter observations;
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private volatile HealthOrchestrator.Status status =
            new HealthOrchestrator.Status(HealthOrchestrator.Role.DETACHED, null, 0, List.of(), 0, new TreeMap<>());

    // Touched by serial tasks only.
    private @Nullable Cancellable following;
    private OrchestratorView.@Nullable Content content;
    private long history;
    private List<RejectedValue> refused = List.of();
    private Map<String, Endpoint> members = Map.of();
    private Assignment followed = Assignment.NONE;
    private @Nullable LeaderLoop leaderLoop;
    private Map<String, HealthVerdict> lastPublished = new HashMap<>();
    private List<String> overLimit = List.of();
    private boolean duplicateId;
    private boolean unreachable;
    private boolean started;
    private boolean ended;

    OrchestratorRuntime(
            Cluster client,
            OrchestratorKeys keys,
            OrchestratorSettings settings,
            Prober prober,
            HealthOrchestrator.Listener listener) {
        this.client = client;
        this.keys = keys;
        this.settings = settings;
        this.env = client.env();
        this.leases = new Leases(client.connection());
        this.serial = env.serial(this);
        this.listener = listener;
        this.view = new OrchestratorView(keys);
        this.candidacy = new Candidacy(keys.candidate(settings), leases, env, serial, this::evaluate);
        this.worker = new ProbeWorker(settings, env, serial, prober, this::observe);
        this.observations = new ObservationWriter(keys.observation(settings.id()), leases, env, serial);
    }

    void start() {
        run(() -> {
            if (!started) {
                started = true;
                candidacy.establish();
                following = client.follow(keys.followed(), new KeySubscriber());
            }
        });
    }

    HealthOrchestrator.Status status() {
        return status;
    }

    /** Completes when it has resigned. */
    CompletableFuture<Void> close() {
        run(() -> {
            ended = true;
            if (following != null) {
                following.cancel();
            }
            endLeading();
            worker.close();
            observations.close();
            candidacy.end().whenComplete((done, thrown) -> {
                if (thrown == null) {
                    closed.complete(null);
                } else {
                    closed.completeExceptionally(thrown);
                }
            });
        });
        return closed;
    }

    private void run(Runnable task) {
        serial.execute(() -> {
            if (!ended) {
                task.run();
            }
        });
    }

    private final class KeySubscriber implements Reflector.Subscriber<Entry, Version> {
        @Override
        public void onState(Reflector.State<Entry, Version> state, boolean stale) {
            run(() -> {
                List<RejectedValue> rejections = new ArrayList<>();
                content = view.read(state, rejections);
                if (state.history() != history) {
                    history = state.history();
                    forget();
                }
                unreachable &= stale;
                for (RejectedValue refusal : rejections) {
                    if (!refused.contains(refusal)) {
                        LOG.warn("{}: {}", OrchestratorRuntime.this, refusal.text());
                    }
                }
                refused = rejections;
                evaluate();
            });
        }

        @Override
        public void onConfirmed(Instant asOf) {
            run(() -> unreachable = false);
        }

        @Override
        public void onFailure(SourceFailure cause) {
            run(() -> {
                if (!unreachable) {
                    unreachable = true;
                    guarded(() -> listener.onUnreachable(String.valueOf(cause.getMessage())));
                }
            });
        }
    }

    /** etcd was restored, so all known state is invalid and the lease may never have been granted. */
    private void forget() {
        endLeading();
        observations.forget();
        if (candidacy.held() != null) {
            candidacy.check();
        }
    }

    // ---- following ----

    private void evaluate() {
        OrchestratorView.Content now = content;
        if (ended || now == null) {
            return;
        }
        Candidacy.Held held = candidacy.held();
        boolean leads = held != null && now.election().candidate().equals(held.candidate());
        reassign(now);
        LeaderLoop before = leaderLoop;
        if (held == null || !leads) {
            endLeading();
        } else if (before != null) {
            before.take(now);
        } else {
            leaderLoop = new LeaderLoop(keys, settings, leases, held.guard(), env, serial, now, this);
        }
        checkId(now, held);
        report(now, held, leads);
        observe();
    }

    /** Probes the share of this orchestrator, if it has changed. Without an assignment the last one applies. */
    private void reassign(OrchestratorView.Content now) {
        Assignment next = now.assignmentRevision() == 0 ? followed : now.assignment();
        if (!next.workers().equals(followed.workers()) || !now.members().equals(members)) {
            followed = next;
            members = now.members();
            worker.assign(followed.shareOf(settings.id(), members));
        }
    }

    private void observe() {
        OrchestratorView.Content now = content;
        if (now != null && now.assignmentRevision() > 0) {
            if (!now.observations().containsKey(settings.id())) {
                observations.missing(now.revision());
            }
            observations.write(candidacy.held(), worker.observation(now.assignmentRevision()));
        }
    }

    private void endLeading() {
        if (leaderLoop != null) {
            leaderLoop.end();
            leaderLoop = null;
            reportLimit(List.of(), 0);
        }
    }

    @Override
    public void onDeposed() {
        LOG.warn("{}: etcd has rejected its write, another one leads", this);
        endLeading();
        candidacy.check();
    }

    @Override
    public void onDecision(QuorumDecision decision) {
        reportLimit(decision.overLimit(), decision.limit());
    }

    // ---- reporting ----

    private void reportLimit(List<String> now, int limit) {
        if (now.equals(overLimit)) {
            return;
        }
        overLimit = now;
        if (now.isEmpty()) {
            LOG.info("{}: no more endpoints are down than may be marked", this);
        } else {
            LOG.warn(
                    "{}: too many endpoints are down; {} are marked, which is the limit ({} %); not marked: {}",
                    this, limit, settings.maxDownPercent(), now);
        }
        guarded(() -> listener.onLimit(now, limit));
    }

    private void checkId(OrchestratorView.Content now, Candidacy.@Nullable Held held) {
        KeyStore.Entry registered = now.workers().get(settings.id());
        if (held == null
                || registered == null
                || registered.modRevision() <= held.revision()
                || registered.value().toStringUtf8().equals(Candidacy.registration(held.lease()))) {
            duplicateId = false;
            return;
        }
        if (!duplicateId) {
            LOG.error(
                    "{}: another orchestrator runs under the same id, {}; each needs a unique id",
                    this,
                    registered.value().toStringUtf8());
        }
        duplicateId = true;
    }

    private void report(OrchestratorView.Content now, Candidacy.@Nullable Held held, boolean leads) {
        HealthOrchestrator.Status before = status;
        HealthOrchestrator.Role role = held == null
                ? HealthOrchestrator.Role.DETACHED
                : leads ? HealthOrchestrator.Role.LEADER : HealthOrchestrator.Role.FOLLOWER;
        ElectionState election = now.election();
        TreeMap<String, String> down = new TreeMap<>();
        now.verdicts().forEach((id, verdict) -> {
            if (!verdict.status().usable()) {
                down.put(id, verdict.reason());
            }
        });
        status = new HealthOrchestrator.Status(
                role,
                election.leader(),
                election.fence(),
                now.assignment().workers(),
                worker.size(),
                Collections.unmodifiableSortedMap(down));
        if (role != before.role()
                || !Objects.equals(election.leader(), before.leader())
                || election.fence() != before.fence()) {
            LOG.info("{}: {}, {} leads since revision {}", this, role, election.leader(), election.fence());
            guarded(() -> listener.onRole(role, election.leader(), election.fence()));
        }
        for (String id : down.keySet()) {
            HealthVerdict verdict = Objects.requireNonNull(now.verdicts().get(id));
            if (!lastPublished.containsKey(id)) {
                LOG.warn("{}: {} is marked down: {}", this, id, verdict.reason());
                guarded(() -> listener.onDown(id, verdict.reason(), verdict.agreed()));
            }
        }
        for (String id : lastPublished.keySet()) {
            if (!down.containsKey(id)) {
                LOG.info("{}: {} is no longer marked down", this, id);
                guarded(() -> listener.onLifted(id));
            }
        }
        lastPublished = new HashMap<>(now.verdicts());
        lastPublished.keySet().retainAll(down.keySet());
    }

    private void guarded(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException | LinkageError | AssertionError thrown) {
            LOG.error("{}: the listener threw", this, thrown);
        }
    }

    @Override
    public String toString() {
        return candidacy.toString();
    }
}
