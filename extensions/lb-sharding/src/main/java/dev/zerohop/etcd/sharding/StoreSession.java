package dev.zerohop.etcd.sharding;

import dev.zerohop.Cancellable;
import dev.zerohop.Log;
import dev.zerohop.SliceMap;
import dev.zerohop.etcd.client.Cluster;
import dev.zerohop.etcd.client.EtcdFailure;
import dev.zerohop.etcd.client.KeyRange;
import dev.zerohop.etcd.client.KeyStore.Entry;
import dev.zerohop.etcd.client.KeyStore.Version;
import dev.zerohop.etcd.client.Leases;
import dev.zerohop.etcd.client.RejectedValue;
import dev.zerohop.etcd.client.ServiceKeys;
import dev.zerohop.etcd.election.Candidacy;
import dev.zerohop.etcd.election.ElectionState;
import dev.zerohop.etcd.service.SliceHistory;
import dev.zerohop.sharding.store.LoadReport;
import dev.zerohop.sharding.store.MemberState;
import dev.zerohop.sharding.store.StoreView;
import dev.zerohop.watch.Reflector;
import dev.zerohop.watch.SourceFailure;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One member in the store: follows the assignment and the election, and publishes what is known. All state belongs to one serial executor. */
final class StoreSession implements Lead.Owner {
    private static final Log LOG = Log.of(StoreSession.class);

    private final String name;
    private final Cluster cluster;
    private final ServiceKeys keys;
    private final Executor serial;
    private final Consumer<StoreView> listener;
    private final SelfKeys self;
    private final SliceHistory history;
    private final CompletableFuture<Void> gone = new CompletableFuture<>();

    // Touched by serial tasks only.
    private @Nullable Cancellable following;
    private Reflector.@Nullable State<Entry, Version> state;
    private boolean stale;
    private @Nullable String error;
    private List<RejectedValue> rejected = List.of();
    private ElectionState election = ElectionState.of(List.of());
    private @Nullable Lead lead;
    private boolean resigned;
    private boolean leaving;
    private StoreView published = StoreView.NONE;

    StoreSession(Cluster cluster, EtcdMember member, MemberState self, Consumer<StoreView> listener) {
        this.name = member.name(self.id());
        this.cluster = cluster;
        this.keys = member.keys();
        this.serial = cluster.env().serial(this);
        this.listener = listener;
        this.history = new SliceHistory(keys);
        this.self = new SelfKeys(member, self, cluster.env(), new Leases(cluster.connection()), serial, this::onChange);
    }

    void start() {
        run(() -> {
            self.establish();
            List<KeyRange> ranges = List.of(KeyRange.under(keys.assignment()), KeyRange.under(keys.election()));
            following = cluster.follow(ranges, new KeySubscriber());
        });
    }

    private void run(Runnable task) {
        serial.execute(() -> {
            if (!leaving) {
                task.run();
            }
        });
    }

    void announce(MemberState next) {
        run(() -> self.announce(next));
    }

    void report(LoadReport report) {
        run(() -> self.report(report));
    }

    void resign() {
        run(() -> {
            resigned = true;
            self.resign();
            onChange();
        });
    }

    CompletableFuture<Boolean> write(@Nullable SliceMap before, SliceMap next) {
        CompletableFuture<Boolean> written = new CompletableFuture<>();
        serial.execute(() -> {
            Lead leads = leaving ? null : lead;
            if (leads == null) {
                written.complete(false);
                return;
            }
            leads.write(before, next).whenComplete((done, thrown) -> {
                if (thrown == null) {
                    written.complete(done);
                } else {
                    written.completeExceptionally(thrown);
                }
            });
        });
        return written;
    }

    CompletableFuture<Void> leave() {
        run(() -> {
            leaving = true;
            if (following != null) {
                following.cancel();
            }
            endLeading();
            self.end().whenComplete((done, thrown) -> {
                if (thrown == null) {
                    gone.complete(null);
                } else {
                    LOG.warn("{}: cannot be deleted and goes when its lease ends", this, thrown);
                    gone.completeExceptionally(EtcdFailure.of(thrown));
                }
            });
        });
        return gone.copy();
    }

    // ---- following ----

    private final class KeySubscriber implements Reflector.Subscriber<Entry, Version> {
        @Override
        public void onState(Reflector.State<Entry, Version> next, boolean unvouched) {
            run(() -> take(next, unvouched));
        }

        @Override
        public void onConfirmed(Instant asOf) {
            run(() -> {
                error = null;
                stale = false;
                onChange();
            });
        }

        @Override
        public void onFailure(SourceFailure cause) {
            run(() -> {
                error = String.valueOf(cause.getMessage());
                onChange();
            });
        }
    }

    private void take(Reflector.State<Entry, Version> next, boolean unvouched) {
        boolean restored = state != null && state.history() != next.history();
        state = next;
        stale = unvouched;
        error = unvouched ? "etcd answers without a quorum: what is known may be old" : null;
        List<RejectedValue> rejections = new ArrayList<>();
        SliceMap known = history.read(next.values(), rejections);
        for (RejectedValue bad : rejections) {
            if (!rejected.contains(bad)) {
                LOG.warn("{}: {}", this, bad.text());
            }
        }
        rejected = rejections;
        election = ElectionState.of(next.values().values().stream()
                .filter(entry -> entry.key().startsWith(keys.election()))
                .toList());
        if (known != null) {
            self.learn(known.generation());
        }
        if (restored) {
            self.restored();
        }
        onChange();
    }

    // ---- leading ----

    private Leases.@Nullable Guard leads() {
        Candidacy.Held held = self.held();
        boolean leads = held != null
                && !resigned
                && !stale
                && !held.candidate().isEmpty()
                && election.candidate().equals(held.candidate());
        return leads && held != null ? held.guard() : null;
    }

    private void endLeading() {
        if (lead != null) {
            lead.end();
            lead = null;
        }
    }

    @Override
    public void onChange() {
        if (leaving) {
            return;
        }
        Leases.Guard candidacy = leads();
        if (lead != null && (candidacy == null || !lead.isBy(candidacy))) {
            endLeading();
        }
        if (lead == null && candidacy != null) {
            lead = new Lead(this, cluster, keys, serial, candidacy);
        }
        if (state != null) {
            self.offer(state.values().get(keys.assignmentWanted()), history.known());
        }
        self.report();
        publish();
        if (lead != null && error == null) {
            lead.repair();
        }
    }

    @Override
    public void onRejected() {
        self.check();
    }

    @Override
    public Map<String, Entry> entries() {
        return state == null ? Map.of() : state.values();
    }

    @Override
    public SliceHistory history() {
        return history;
    }

    @Override
    public @Nullable SliceMap known() {
        return history.known();
    }

    @Override
    public long floor() {
        return self.known();
    }

    // ---- publishing ----

    private void publish() {
        MembersView members = lead == null || !lead.read() ? null : lead.members();
        StoreView next = new StoreView(
                members == null ? List.of() : members.members(),
                history.known(),
                election.leader(),
                members != null,
                members == null ? List.of() : members.reports(),
                error == null && lead != null ? lead.error() : error,
                state != null);
        if (next.equals(published)) {
            return;
        }
        published = next;
        try {
            listener.accept(next);
        } catch (RuntimeException | LinkageError | AssertionError thrown) {
            LOG.error("{}: the listener threw", this, thrown);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
