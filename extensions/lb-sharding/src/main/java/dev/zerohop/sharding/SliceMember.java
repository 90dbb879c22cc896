package dev.zerohop.sharding;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Cancellable;
import dev.zerohop.EndpointSelector;
import dev.zerohop.Env;
import dev.zerohop.SliceMap;
import dev.zerohop.etcd.EtcdClient;
import dev.zerohop.etcd.sharding.EtcdSliceStore;
import dev.zerohop.sharding.store.LoadReport;
import dev.zerohop.sharding.store.MemberState;
import dev.zerohop.sharding.store.MemberState.Phase;
import dev.zerohop.sharding.store.SliceStore;
import dev.zerohop.sharding.store.StoreView;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One member of a service whose keys are divided by load: knows which keys it owns, measures their load and reports it.
 *
 * <p>Ownership is affinity. Members learn of a change within milliseconds of each other, not at the same instant, so for that long two may own a key; and one that is cut off from the store goes on
 * with what it knows. A cache, a queue of a customer's work or a connection per key are for it; what must never happen twice at once is not.
 *
 * <p>Thread-safe. Nothing blocks; {@link #begin} and {@link #owns} read one immutable value.
 */
public final class SliceMember implements AutoCloseable {
    private final String id;
    private final SliceStore store;
    private final SliceMemberOptions options;
    private final Env env;
    private final Executor serial;
    private final Reporting reporting;
    private final Assigner assigner;

    /** Null without a listener. */
    private final @Nullable Warming warming;

    private final List<Runnable> onAssignment = new CopyOnWriteArrayList<>();
    private final List<Runnable> waiting = new CopyOnWriteArrayList<>();
    private volatile Holdings holdings = Holdings.NONE;
    private volatile @Nullable SliceMap assignment;
    private volatile boolean closed;

    // Touched by serial tasks only.
    private Phase phase = Phase.READY;

    private SliceMember(SliceStore store, String id, SliceMemberOptions options) {
        this.store = requireNonNull(store, "store");
        this.id = requireNonNull(id, "id");
        this.options = requireNonNull(options, "options");
        this.env = options.env();
        this.serial = env.serial(this);
        SliceListener listener = options.listener();
        this.warming = listener == null ? null : new Warming(listener, options.warmUp(), env, serial, this::warmed);
        this.reporting = new Reporting(id, store, env, serial, () -> holdings);
        this.assigner = new Assigner(id, store, env, serial, options.plan());
    }

    /**
     * Joins: the member is registered, may lead, and takes slices.
     *
     * @param store its access to what the members share, not started yet; the member closes it
     * @param id that of its endpoint
     */
    public static SliceMember join(SliceStore store, String id, SliceMemberOptions options) {
        SliceMember member = new SliceMember(store, id, options);
        store.start(member.state(SliceMap.DRAFT), member::onView);
        member.reporting.start();
        return member;
    }

    /**
     * Joins a service in etcd, as a candidate for the lead, with a lease of 5 s.
     *
     * @param client stays open; it must outlive the member
     * @param id that of its endpoint
     * @throws IllegalArgumentException if the service or the id is blank or has a slash
     */
    public static SliceMember join(EtcdClient client, String service, String id, SliceMemberOptions options) {
        return join(EtcdSliceStore.of(client, service), id, options);
    }

    private MemberState state(long generation) {
        return new MemberState(id, phase, options.weight(), options.zone(), generation);
    }

    // ---- for each call ----

    /** Begins a call for a key. To be closed when the call ends. */
    public SliceHandle begin(EndpointSelector key) {
        return new SliceHandle(this, key.hash(), holdings, reporting.misdirected());
    }

    /** Whether the member owns a key now. Counts no load. */
    public boolean owns(EndpointSelector key) {
        return holdings.find(key.hash()) >= 0;
    }

    Holdings holdings() {
        return holdings;
    }

    void sample(long hash, double load) {
        reporting.sample(hash, load);
    }

    // ---- for people and other parts ----

    /** The id of the endpoint that this member is. */
    public String id() {
        return id;
    }

    /** What the member owns, ascending, with the other owners. */
    public List<SliceRange> slices() {
        Holdings now = holdings;
        SliceMap map = now.map;
        return map == null ? List.of() : Warming.described(now.ranges, map, id);
    }

    /** The newest assignment that is known here; null while there is none. */
    public @Nullable SliceMap assignment() {
        return assignment;
    }

    /** What a guard asks. */
    Ownership ownership() {
        return new Ownership() {
            @Override
            public String id() {
                return id;
            }

            @Override
            public @Nullable SliceMap assignment() {
                return assignment;
            }

            @Override
            public void record(EndpointSelector key) {
                begin(key).close();
            }

            @Override
            public void onAssignment(Runnable task) {
                onAssignment.add(task);
            }
        };
    }

    /** Completes with whether the member owns a slice, as soon as it does or when the time is over. */
    public CompletableFuture<Boolean> awaitSlices(Duration timeout) {
        return waitFor(() -> !holdings.ranges.isEmpty(), timeout);
    }

    /**
     * Gives all slices away before the process ends: to be called while it still serves. Completes with whether no slice is left, as soon as that is so or when the time is over. The assigner moves them at
     * once; clients follow within milliseconds, and what they sent before is to be served.
     */
    public CompletableFuture<Boolean> drain(Duration timeout) {
        serial.execute(() -> {
            phase = Phase.DRAINING;
            announce();
        });
        return waitFor(() -> holdings.ranges.isEmpty() && !assigned(), timeout);
    }

    private boolean assigned() {
        SliceMap map = assignment;
        return map != null && !Holdings.assigned(map, id).isEmpty();
    }

    private CompletableFuture<Boolean> waitFor(BooleanSupplier condition, Duration timeout) {
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        Runnable check = () -> {
            if (condition.getAsBoolean()) {
                done.complete(true);
            }
        };
        waiting.add(check);
        Cancellable timer = env.time().schedule(timeout.toNanos(), () -> done.complete(condition.getAsBoolean()));
        check.run();
        return done.whenComplete((met, thrown) -> {
            timer.cancel();
            waiting.remove(check);
        });
    }

    /** Leaves, without giving slices away before: {@link #drain} does. Owns nothing from then on. Idempotent. */
    @Override
    public void close() {
        closed = true;
        reporting.stop();
        store.close();
        serial.execute(() -> {
            assigner.stop();
            holdings = Holdings.NONE;
            if (warming != null) {
                warming.stop();
            }
        });
    }

    // ---- following ----

    private void onView(StoreView view) {
        serial.execute(() -> {
            SliceMap map = view.assignment();
            if (map != null && !closed && (assignment == null || map.generation() > assignment.generation())) {
                follow(map);
            }
            assigner.onView(view);
        });
    }

    private void follow(SliceMap map) {
        SliceMap before = assignment;
        Ranges wanted = Holdings.assigned(map, id);
        Ranges held = warming == null ? wanted : holdings.ranges.and(wanted);
        Holdings last = holdings;
        holdings = last.next(map, held, id);
        assignment = map;
        if (warming != null) {
            warming.changed(last.ranges, wanted, before, map, id);
        }
        announce();
        tell();
    }

    private void warmed(Ranges more) {
        SliceMap map = assignment;
        if (!closed && map != null) {
            holdings = holdings.next(map, holdings.ranges.or(more), id);
            tell();
        }
    }

    private void announce() {
        SliceMap map = assignment;
        store.announce(state(map == null ? SliceMap.DRAFT : map.generation()));
    }

    private void tell() {
        onAssignment.forEach(Runnable::run);
        waiting.forEach(Runnable::run);
    }

    /** The report as of now, for tests. */
    LoadReport report() {
        return reporting.report();
    }

    @Override
    public String toString() {
        return "SliceMember(" + id + ", " + holdings.slices.size() + " slices"
                + (assignment == null ? "" : " of " + assignment) + ")";
    }
}
