package dev.zerohop;

import static java.util.Objects.requireNonNull;

import dev.zerohop.internal.SafeListener;
import dev.zerohop.internal.SerialExecutor;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows one service and picks an endpoint for each attempt.
 *
 * <p>Everything that changes (membership, health, configuration) runs on one serial executor and ends in one published picker. {@link #pick},
 * {@link #begin} and {@link #acquire} read that picker and count; they never block, lock or wait for the control path.
 *
 * <p>Lifecycle: {@linkplain #builder built}, {@linkplain #start started} once, {@linkplain #close closed} once. A source that cannot be asked never
 * empties the membership: the last good set stays in force, marked stale.
 */
public final class Balancer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Balancer.class);

    /** Connectivity and health come in bursts; at most one picker is made of them in this time. */
    private static final long COALESCE_NANOS = Duration.ofMillis(5).toNanos();

    /** When a new version could not be made, it is tried again after this time: a verdict that ends must not be missed for good. */
    private static final long RETRY_NANOS = Duration.ofSeconds(1).toNanos();

    private final String name;
    private final Env env;
    private final Time time;
    private final Executor serial;
    private final Resolver resolver;
    private final BalancerListener listener;
    private final boolean observed;
    private final List<HealthSource> healthSources;
    private final @Nullable Function<String, BalancerSettings> configurationParser;
    private final AtomicBoolean started = new AtomicBoolean();
    private final AtomicBoolean closing = new AtomicBoolean();
    private final AtomicBoolean reviewAsked = new AtomicBoolean();

    // What a request reads.
    private volatile Routing routing;
    private volatile CompletableFuture<Void> changed = new CompletableFuture<>();
    private volatile BalancerSettings settings;
    private volatile RetryBudget retryBudget;

    /** From the first change of what is believed to the publication of the picker that knows it. */
    private volatile boolean rebuilding;

    // The control path's own; touched on the serial executor only.
    private final Map<String, LiveNode> nodes = new HashMap<>();
    private List<LiveNode> members = List.of();
    private EjectionPolicy.Judge judge;
    private @Nullable Cancellable review;
    private @Nullable Cancellable coalesced;
    private boolean rebuildDue;
    private long lastRebuildNanos;
    private boolean rebuilt;
    private long guardReviewNanos = Long.MAX_VALUE;

    private volatile @Nullable EndpointSet current;
    private volatile SourceState source = new SourceState(0, null, null);

    /** What is published: the picker and what it was built from. */
    private record Routing(Picker picker, Snapshot snapshot, boolean timed, boolean keyed) {}

    /** How the source is doing. */
    private record SourceState(
            long answers,
            @Nullable Throwable lastError,
            @Nullable Instant erringSince) {}

    private Balancer(Builder builder) {
        this.name = builder.name;
        this.env = builder.env;
        this.time = env.time();
        Executor given = builder.serial;
        this.serial = given != null ? given : new SerialExecutor(this::onControlFailure);
        this.resolver = requireNonNull(builder.resolver, "resolver");
        this.observed = builder.listener != BalancerListener.NOOP;
        this.listener = observed ? new SafeListener(builder.listener) : BalancerListener.NOOP;
        this.healthSources = List.copyOf(builder.healthSources);
        this.configurationParser = builder.configurationParser;
        this.settings = requireNonNull(builder.settings, "settings");
        this.retryBudget = settings.retry().newBudget(time);
        this.judge = settings.ejection().newJudge(env);
        this.routing = route(settings.policy().newPicker(Snapshot.EMPTY, env), Snapshot.EMPTY);
    }

    /** Starts a balancer of this name, which appears in every log line, metric and error. */
    public static Builder builder(String name) {
        return new Builder(name);
    }

    /** The name. */
    public String name() {
        return name;
    }

    /** The settings in force. */
    public BalancerSettings settings() {
        return settings;
    }

    /** The retry budget that all calls to this service share; survives changes of configuration that leave the retry part alone. */
    public RetryBudget retryBudget() {
        return retryBudget;
    }

    /**
     * Begins to follow the source. Returns at once; picks are refused as {@link Refusal.Kind#NONE_KNOWN} until the first answer.
     *
     * @throws IllegalStateException if called twice, or after {@link #close}
     */
    public void start() {
        if (closing.get()) {
            throw new IllegalStateException(name + ": start() was called after close(), expected a new balancer");
        }
        if (!started.compareAndSet(false, true)) {
            throw new IllegalStateException(name + ": start() was called twice, expected once");
        }
        for (HealthSource health : healthSources) {
            health.start(new SourceSink(health.name()));
        }
        resolver.start(new Resolver.Listener() {
            @Override
            public void onEndpoints(EndpointSet all) {
                requireNonNull(all, "all");
                onSerial(() -> takeEndpoints(all));
            }

            @Override
            public void onConfirmed(Instant asOf) {
                requireNonNull(asOf, "asOf");
                onSerial(() -> {
                    EndpointSet set = current;
                    if (set != null) {
                        current = set.confirmed(asOf);
                    }
                });
            }

            @Override
            public void onError(Throwable cause) {
                requireNonNull(cause, "cause");
                onSerial(() -> takeError(cause));
            }

            @Override
            public void onConfiguration(String json) {
                requireNonNull(json, "json");
                onSerial(() -> takeConfiguration(json));
            }
        });
    }

    // ---- request path ----

    /**
     * Picks a node and begins a lease on it.
     *
     * @throws NoEndpointException if there is none; it says which of the different answers this is
     */
    public Lease acquire(PickContext context) {
        Routing now = routing;
        long nanos = LeaseImpl.UNTIMED;
        Node node;
        if (now.timed) {
            // One instant for the pick and for the start: reading the clock is the dearest part of both.
            nanos = time.nanoTime();
            node = probing(now, context, now.picker.pick(context, nanos));
        } else {
            node = probing(now, context, now.picker.pick(context));
        }
        if (node == null) {
            Refusal refusal = refusal(context);
            if (observed) {
                listener.onRefusal(name, refusal);
            }
            throw new NoEndpointException(refusal);
        }
        return begin(node, nanos);
    }

    /** Picks a node, or null if there is none for this context; {@link #refusal} says why. Nothing is counted yet. */
    public @Nullable Node pick(PickContext context) {
        Routing now = routing;
        return probing(now, context, now.picker.pick(context));
    }

    /** The picked node, or another one if it is half open and its probe call is taken. */
    private static @Nullable Node probing(Routing now, PickContext context, @Nullable Node node) {
        if (node instanceof LiveNode live && live.halfOpen && !live.record.tryProbe()) {
            return pickAround(now, context, live);
        }
        return node;
    }

    /**
     * Somebody else has the one probe call of {@code probed}: another node is wanted. If the picker has none but half-open ones whose probes are taken
     * or that this call has tried before, the first choice stands: a call is not refused only because another one is trying the same endpoint.
     */
    private static @Nullable Node pickAround(Routing now, PickContext context, LiveNode probed) {
        PickContext around = context.avoiding(probed.endpoint());
        for (int i = now.snapshot.members().size(); i > 0; i--) {
            Node node = now.picker.pick(around);
            if (node == null || around.avoids(node.endpoint())) {
                return probed;
            }
            if (!(node instanceof LiveNode live) || !live.halfOpen || live.record.tryProbe()) {
                return node;
            }
            around = around.avoiding(node.endpoint());
        }
        return probed;
    }

    /** Begins a lease on a node that {@link #pick} gave, when the attempt really starts. */
    public Lease begin(Node node) {
        return begin(node, LeaseImpl.UNTIMED);
    }

    private Lease begin(Node node, long nowNanos) {
        LiveNode live = (LiveNode) node;
        // The load before the routing: see takeSettings for why a load that wants the time then always gets it.
        LoadMetric.Load load = live.load;
        long start = nowNanos;
        if (start == LeaseImpl.UNTIMED && (observed || routing.timed)) {
            start = time.nanoTime();
        }
        if (load != null) {
            load.started(start == LeaseImpl.UNTIMED ? 0 : start);
        }
        live.begin();
        Lease lease = new LeaseImpl(live, load, start, live.halfOpen);
        if (observed) {
            listener.onPick(name, live.endpoint());
        }
        return lease;
    }

    void completed(LiveNode node, LoadMetric.@Nullable Load load, long startNanos, Outcome outcome, boolean probe) {
        node.end(outcome);
        if (startNanos == LeaseImpl.UNTIMED) {
            if (load != null) {
                load.ended(0, 0, outcome);
            }
        } else {
            long now = time.nanoTime();
            long latency = Math.max(0, now - startNanos);
            if (load != null) {
                load.ended(now, latency, outcome);
            }
            if (observed) {
                listener.onOutcome(name, node.endpoint(), outcome, latency);
            }
        }
        EjectionPolicy.TrackRecord record = node.record;
        boolean review = probe ? record.onProbeOutcome(outcome) : record.onOutcome(outcome);
        // A held endpoint is served while it answers: its first failure is news although it ejects nobody.
        if (review || (outcome.isEndpointFailure() && node.held())) {
            askForReview();
        }
    }

    /** Why {@link #pick} had nothing for this context. */
    public Refusal refusal(PickContext context) {
        if (closing.get()) {
            return new Refusal(Refusal.Kind.CLOSED, false, name + ": the balancer is closed");
        }
        Routing now = routing;
        SourceState state = source;
        if (now.snapshot.members().isEmpty()) {
            boolean waits = (state.answers == 0 && state.lastError == null) || changing(now);
            String error = state.lastError == null
                    ? ""
                    : ", last error since " + state.erringSince + ": " + brief(state.lastError);
            return new Refusal(
                    Refusal.Kind.NONE_KNOWN,
                    waits,
                    name + ": no endpoint known; " + sourceName() + " has answered " + state.answers + " times"
                            + error);
        }
        Refusal refusal = now.picker.refusal(context);
        if (!refusal.waits() && outdated(now, context)) {
            return new Refusal(Refusal.Kind.CONNECTING, true, name + ": the endpoints are changing at this moment");
        }
        return new Refusal(refusal.kind(), refusal.waits(), name + ": " + refusal.message());
    }

    /** Whether the pick before a refusal saw an older version than the refusal does: then there may be somebody now, and no call is to fail for the difference. */
    private boolean outdated(Routing now, PickContext context) {
        if (changing(now)) {
            return true;
        }
        Node node = now.picker.pick(context);
        return node != null && !(node instanceof LiveNode live && live.halfOpen);
    }

    @SuppressWarnings("ReferenceEquality") // each version is one object
    private boolean changing(Routing seen) {
        return rebuilding || routing != seen;
    }

    /** Whether {@code picked} stands in for an owner that is down (owner-down policy SPILL). */
    public boolean spilled(PickContext context, Node picked) {
        Routing now = routing;
        return now.keyed && now.picker.spilled(context, picked);
    }

    /**
     * Completes when the next picker is published. Take it before a pick whose refusal {@linkplain Refusal#waits waits}, then wait for it within
     * the call's own deadline and pick again.
     */
    public CompletionStage<Void> nextChange() {
        return changed.minimalCompletionStage();
    }

    // ---- for people ----

    /** The version of the membership that picks are made from. */
    public Snapshot snapshot() {
        return routing.snapshot;
    }

    /** The last set the source gave, or null before the first. Marked stale while the source cannot be asked. */
    public @Nullable EndpointSet endpoints() {
        EndpointSet set = current;
        return set != null && source.lastError != null ? set.asStale() : set;
    }

    /** What is known, what each stage did with it, and where this context's attempt would go. Changes nothing. */
    public Explanation explain(PickContext context) {
        Routing now = routing;
        long nanos = time.nanoTime();
        List<String> members = new ArrayList<>();
        for (Node node : now.snapshot.members()) {
            Endpoint endpoint = node.endpoint();
            members.add(endpoint + " weight " + endpoint.weight()
                    + (endpoint.zone() == null ? "" : " zone " + endpoint.zone())
                    + (endpoint.hasOrdinal() ? " ordinal " + endpoint.ordinal() : "") + " " + node.health() + " for "
                    + Duration.ofNanos(nanos - node.health().sinceNanos()).toMillis() + " ms, in flight "
                    + node.inFlight());
        }
        List<String> pick = new ArrayList<>();
        pick.add("policy " + settings.policy().name() + ", "
                + now.snapshot.candidates().size() + " of "
                + now.snapshot.members().size() + " members are candidates, " + context);
        pick.addAll(now.picker.explain(context));
        SourceState state = source;
        EndpointSet set = current;
        String origin = sourceName()
                + (set == null
                        ? ", no answer yet"
                        : ", version " + set.version() + ", age "
                                + set.age(time.now()).toMillis() + " ms")
                + (set != null && set.stale() ? ", as it was last known" : "")
                + (state.lastError == null
                        ? ""
                        : ", stale: cannot be asked since " + state.erringSince + ": " + brief(state.lastError));
        return new Explanation(name, origin, members, now.snapshot.trail(), pick);
    }

    /** Passes a hint to the source that its answer looks wrong; see {@link Resolver#refresh}. */
    public void refresh() {
        if (started.get() && !closing.get()) {
            resolver.refresh();
        }
    }

    /** Reports a leaked lease to the listener; for adapters that guard what they hand out. */
    public void leaked(Lease lease, Duration age) {
        if (lease.complete(Outcome.LEAKED)) {
            LOG.warn(
                    "{}: a call to {} was never ended by its holder and was given up after {}",
                    name,
                    lease.endpoint(),
                    age);
            listener.onLeak(name, lease.endpoint(), age);
        }
    }

    /** Puts other settings in force. Calls that run are not disturbed, and pickers that were given out stay valid. Asynchronous. */
    public void apply(BalancerSettings next) {
        requireNonNull(next, "settings");
        onSerial(() -> takeSettings(next));
    }

    /** Stops following the source and the health sources and ends every timer. Leases that are open may still be completed. Idempotent. */
    @Override
    public void close() {
        if (!closing.compareAndSet(false, true)) {
            return;
        }
        closeQuietly(resolver);
        for (HealthSource health : healthSources) {
            closeQuietly(health);
        }
        serial.execute(() -> {
            cancelReview();
            cancelCoalesced();
            for (LiveNode node : members) {
                judge.remove(node.record);
            }
            nodes.clear();
            members = List.of();
            publish(route(routing.picker.rebuild(Snapshot.EMPTY), Snapshot.EMPTY));
        });
    }

    /** One part that cannot be closed must not keep the others open. */
    private void closeQuietly(AutoCloseable part) {
        try {
            part.close();
        } catch (Exception failed) {
            LOG.warn("{}: {} could not be closed; the rest is", name, part, failed);
        }
    }

    // ---- control path: everything below runs on the serial executor ----

    private void onSerial(Runnable task) {
        serial.execute(() -> {
            if (!closing.get()) {
                task.run();
            }
        });
    }

    private void takeEndpoints(EndpointSet next) {
        rebuilding = true;
        SourceState before = source;
        source = new SourceState(
                before.answers + 1, next.stale() ? before.lastError : null, next.stale() ? before.erringSince : null);
        if (before.lastError != null && !next.stale()) {
            LOG.info("{}: {} answers again", name, next.source());
            listener.onFresh(name);
        }
        current = next;
        admit(next);
        rebuild();
    }

    /** Makes the members what the set and the guard say. */
    private void admit(EndpointSet next) {
        long now = time.nanoTime();
        List<MembershipGuard.Member> today = new ArrayList<>(members.size());
        for (LiveNode node : members) {
            today.add(new MembershipGuard.Member(node.endpoint(), node.heldSince()));
        }
        MembershipGuard.Decision decision = settings.guard().admit(today, next, now);
        List<LiveNode> after =
                new ArrayList<>(next.endpoints().size() + decision.held().size());
        Map<String, LiveNode> gone = new HashMap<>(nodes);
        int added = 0;
        int replaced = 0;
        for (Endpoint endpoint : next.endpoints()) {
            LiveNode node = gone.remove(endpoint.id());
            if (node != null && !node.endpoint().sameAddress(endpoint)) {
                judge.remove(node.record);
                node = null;
                replaced++;
            }
            if (node == null) {
                node = new LiveNode(this, endpoint, now, settings.policy().loadMetric(), judge.add(endpoint, null));
                for (HealthSource health : healthSources) {
                    HealthSource.Verdict initial = health.initial();
                    if (initial != null) {
                        node.putVerdict(health.name(), initial, now);
                    }
                }
                nodes.put(endpoint.id(), node);
                added++;
            } else {
                node.setEndpoint(endpoint);
                node.setHeldSince(MembershipGuard.Member.NOT_HELD);
            }
            after.add(node);
        }
        int held = 0;
        for (MembershipGuard.Member member : decision.held()) {
            LiveNode node = gone.get(member.endpoint().id());
            // Held endpoints are served while they answer: the first failure settles the doubt.
            if (node != null && node.record.consecutiveFailures() == 0) {
                gone.remove(member.endpoint().id());
                node.setHeldSince(member.heldSinceNanos());
                after.add(node);
                held++;
            }
        }
        for (LiveNode node : gone.values()) {
            nodes.remove(node.endpoint().id());
            judge.remove(node.record);
        }
        if (held > 0) {
            after.sort((a, b) -> a.endpoint().id().compareTo(b.endpoint().id()));
            LOG.warn(
                    "{}: {} no longer names {} of {} endpoints; so many at once is suspect, they are served while they answer",
                    name,
                    next.source(),
                    held,
                    today.size());
        }
        members = after;
        guardReviewNanos = decision.reviewInNanos() == Long.MAX_VALUE ? Long.MAX_VALUE : now + decision.reviewInNanos();
        listener.onMembership(name, after.size(), added, gone.size() + replaced, held);
    }

    private void takeError(Throwable cause) {
        SourceState before = source;
        Instant since = before.erringSince == null ? time.now() : before.erringSince;
        source = new SourceState(before.answers, cause, since);
        EndpointSet set = current;
        Duration age = set == null ? Duration.ZERO : set.age(time.now());
        if (before.lastError == null) {
            LOG.warn(
                    "{}: {} cannot be asked: {}; {}",
                    name,
                    sourceName(),
                    brief(cause),
                    set == null
                            ? "no endpoint known yet"
                            : "the last good set of " + members.size() + " stays in force");
        }
        listener.onStale(name, age, cause);
        if (members.isEmpty()) {
            // Whoever waits for the first answer learns that there is none.
            publish(routing);
        }
    }

    private void takeConfiguration(String json) {
        Function<String, BalancerSettings> parser = configurationParser;
        if (parser == null) {
            return;
        }
        BalancerSettings next;
        try {
            next = parser.apply(json);
        } catch (RuntimeException refused) {
            refuseConfiguration(sourceName() + ": " + refused.getMessage());
            return;
        }
        takeSettings(next);
    }

    private void takeSettings(BalancerSettings next) {
        BalancerSettings before = settings;
        if (next.equals(before)) {
            return;
        }
        // Whatever the new parts may throw, they throw before anything has changed.
        Routing old = routing;
        Picker picker = old.picker;
        EjectionPolicy.Judge nextJudge = judge;
        RetryBudget nextBudget = retryBudget;
        try {
            if (!next.policy().equals(before.policy())) {
                picker = next.policy().newPicker(old.snapshot, env);
            }
            if (!next.ejection().equals(before.ejection())) {
                nextJudge = next.ejection().newJudge(env);
            }
            if (!next.retry().equals(before.retry())) {
                nextBudget = next.retry().newBudget(time);
            }
        } catch (RuntimeException refused) {
            refuseConfiguration(String.valueOf(refused.getMessage()));
            return;
        }
        settings = next;
        retryBudget = nextBudget;
        LoadMetric metric = next.policy().loadMetric();
        // Requests read a node's load and then whether the clock is wanted. One that wants it must not be seen before
        // the routing says so.
        if (metric.timed()) {
            routing = route(picker, old.snapshot);
        }
        if (!metric.equals(before.policy().loadMetric())) {
            for (LiveNode node : members) {
                node.setLoadMetric(metric);
            }
        }
        routing = route(picker, old.snapshot);
        if (nextJudge != judge) {
            for (LiveNode node : members) {
                EjectionPolicy.TrackRecord record = node.record;
                node.setRecord(nextJudge.add(node.endpoint(), record));
                judge.remove(record);
            }
            judge = nextJudge;
        }
        listener.onConfigured(name, next);
        EndpointSet set = current;
        if (set != null && !next.guard().equals(before.guard())) {
            admit(set);
        }
        rebuild();
    }

    private void refuseConfiguration(String reason) {
        LOG.warn("{}: a configuration is refused, the last good one stays: {}", name, reason);
        listener.onConfigurationRefused(name, reason);
    }

    private final class SourceSink implements HealthSource.Sink {
        private final String sourceName;

        SourceSink(String sourceName) {
            this.sourceName = sourceName;
        }

        @Override
        public void report(String endpointId, HealthSource.Verdict verdict) {
            requireNonNull(verdict, "verdict");
            onSerial(() -> {
                LiveNode node = nodes.get(endpointId);
                if (node != null) {
                    node.putVerdict(sourceName, verdict, time.nanoTime());
                    rebuildSoon();
                }
            });
        }

        @Override
        public void withdraw(String endpointId) {
            onSerial(() -> {
                LiveNode node = nodes.get(endpointId);
                if (node != null) {
                    node.removeVerdict(sourceName);
                    rebuildSoon();
                }
            });
        }
    }

    /** Request path: leaves the work to the scheduler. */
    private void askForReview() {
        if (!closing.get() && reviewAsked.compareAndSet(false, true)) {
            time.schedule(
                    0,
                    () -> onSerial(() -> {
                        reviewAsked.set(false);
                        rebuildSoon();
                    }));
        }
    }

    /** The first report of a burst is answered at once, the rest of it together. */
    private void rebuildSoon() {
        if (rebuildDue) {
            return;
        }
        rebuildDue = true;
        long wait = rebuilt ? lastRebuildNanos + COALESCE_NANOS - time.nanoTime() : 0;
        if (wait <= 0) {
            onSerial(this::rebuildIfDue);
        } else {
            coalesced = time.schedule(wait, () -> onSerial(this::rebuildIfDue));
        }
    }

    private void rebuildIfDue() {
        coalesced = null;
        if (rebuildDue) {
            rebuild();
        }
    }

    /** Makes the next version and publishes its picker. What throws on the way leaves the version before it in force, and is tried again. */
    private void rebuild() {
        long review = RETRY_NANOS;
        rebuilding = true;
        try {
            review = rebuildNow(time.nanoTime());
        } finally {
            rebuilding = false;
            scheduleReview(review);
        }
    }

    private long rebuildNow(long now) {
        cancelCoalesced();
        rebuildDue = false;
        rebuilt = true;
        lastRebuildNanos = now;
        if (guardReviewNanos != Long.MAX_VALUE && (guardReviewNanos - now <= 0 || anyHeldFailed())) {
            admit(requireNonNull(current, "current"));
        }
        long review = nextReview(judge.review(now), now);
        for (LiveNode node : members) {
            Health before = node.health();
            long ends = node.judge(now);
            if (ends != Long.MAX_VALUE) {
                review = Math.min(review, ends - now);
            }
            Health after = node.health();
            if (before.status() != after.status()) {
                onHealthChange(node.endpoint(), before, after);
            }
        }
        EndpointSet set = current;
        Snapshot next = Snapshot.of(members, set == null ? null : set.shards());
        for (Stage stage : settings.stages()) {
            next = stage.apply(next, now);
        }
        publish(route(routing.picker.rebuild(next), next));
        listener.onRebuild(name, next);
        return Math.min(review, next.reviewInNanos());
    }

    private boolean anyHeldFailed() {
        for (LiveNode node : members) {
            if (node.heldSince() != MembershipGuard.Member.NOT_HELD && node.record.consecutiveFailures() > 0) {
                return true;
            }
        }
        return false;
    }

    private long nextReview(long judgeNanos, long now) {
        return guardReviewNanos == Long.MAX_VALUE ? judgeNanos : Math.min(judgeNanos, guardReviewNanos - now);
    }

    private void onHealthChange(Endpoint endpoint, Health before, Health after) {
        if (!after.usable() && after.status().liftedByPanic()) {
            LOG.warn(
                    "{}: {} is {} since now: {} (was {})",
                    name,
                    endpoint,
                    after.status(),
                    after.reason(),
                    before.status());
        } else {
            LOG.debug("{}: {} is {}: {} (was {})", name, endpoint, after.status(), after.reason(), before.status());
        }
        listener.onHealth(name, endpoint, before, after);
    }

    private Routing route(Picker picker, Snapshot snapshot) {
        PickPolicy policy = settings.policy();
        return new Routing(picker, snapshot, policy.loadMetric().timed(), policy.keyed());
    }

    private void publish(Routing next) {
        routing = next;
        CompletableFuture<Void> waiting = changed;
        changed = new CompletableFuture<>();
        waiting.complete(null);
    }

    private void cancelCoalesced() {
        if (coalesced != null) {
            coalesced.cancel();
            coalesced = null;
        }
    }

    private void cancelReview() {
        if (review != null) {
            review.cancel();
            review = null;
        }
    }

    private void scheduleReview(long inNanos) {
        cancelReview();
        if (inNanos != Long.MAX_VALUE) {
            review = time.schedule(Math.max(1, inNanos), () -> onSerial(this::rebuild));
        }
    }

    private String sourceName() {
        EndpointSet set = current;
        return "source " + (set == null ? resolver : set.source());
    }

    private void onControlFailure(Throwable thrown) {
        LOG.error("{}: a change could not be applied; the version before it stays in force", name, thrown);
    }

    private static String brief(Throwable cause) {
        String message = cause.getMessage();
        return message == null || message.isBlank() ? cause.getClass().getSimpleName() : message;
    }

    @Override
    public String toString() {
        return "Balancer(" + name + ", " + settings.policy().name() + ", "
                + routing.snapshot.members().size() + " members)";
    }

    /** Builds a {@link Balancer}. Not thread-safe. */
    public static final class Builder {
        private final String name;
        private Env env = Env.system();
        private @Nullable Executor serial;
        private @Nullable Resolver resolver;
        private @Nullable BalancerSettings settings;
        private BalancerListener listener = BalancerListener.NOOP;
        private final List<HealthSource> healthSources = new ArrayList<>();
        private @Nullable Function<String, BalancerSettings> configurationParser;

        private Builder(String name) {
            this.name = requireNonNull(name, "name");
        }

        /** Sets clock, dice and threads. Default: {@link Env#system}. */
        public Builder env(Env env) {
            this.env = requireNonNull(env, "env");
            return this;
        }

        /**
         * Sets the executor for the control path. It must run tasks one after another in order; it may run them on the caller's thread. Default: one of
         * its own.
         */
        public Builder serialExecutor(Executor serial) {
            this.serial = requireNonNull(serial, "serial");
            return this;
        }

        /** Sets the source of endpoints, not started yet; the balancer starts and closes it. Required. */
        public Builder resolver(Resolver resolver) {
            this.resolver = requireNonNull(resolver, "resolver");
            return this;
        }

        /** Sets how to balance. Required. */
        public Builder settings(BalancerSettings settings) {
            this.settings = requireNonNull(settings, "settings");
            return this;
        }

        /** Sets who learns what happens. Default: nobody. */
        public Builder listener(BalancerListener listener) {
            this.listener = requireNonNull(listener, "listener");
            return this;
        }

        /** Adds a source of verdicts; the balancer starts and closes it. */
        public Builder healthSource(HealthSource source) {
            this.healthSources.add(requireNonNull(source, "source"));
            return this;
        }

        /**
         * Sets how to read a configuration that the source gives ({@link Resolver.Listener#onConfiguration}). A parser that throws refuses it. Default:
         * such configurations are ignored, the settings of the API stay.
         */
        public Builder configurationParser(Function<String, BalancerSettings> parser) {
            this.configurationParser = requireNonNull(parser, "parser");
            return this;
        }

        /**
         * Builds the balancer, which does nothing until it is started.
         *
         * @throws NullPointerException if the resolver or the settings are missing
         */
        public Balancer build() {
            return new Balancer(this);
        }
    }
}
