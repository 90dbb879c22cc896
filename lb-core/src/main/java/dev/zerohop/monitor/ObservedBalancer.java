package dev.zerohop.monitor;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerListener;
import dev.zerohop.BalancerSettings;
import dev.zerohop.BalancerState;
import dev.zerohop.Endpoint;
import dev.zerohop.Health;
import dev.zerohop.Node;
import dev.zerohop.Outcome;
import dev.zerohop.Refusal;
import dev.zerohop.RetryDecision;
import dev.zerohop.ShardMap;
import dev.zerohop.Snapshot;
import dev.zerohop.Time;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One balancer: counts what happens in it for its service, and is asked for what it knows when meters are read. Held by the balancer alone, as one of its listeners. */
final class ObservedBalancer implements BalancerListener {
    private final MeteredService owner;
    private final ServiceMetrics metrics;
    private final Balancer balancer;
    private final Time time;
    private final RecentAttempts recent;
    private final WeakReference<ObservedBalancer> reference = new WeakReference<>(this);

    // The control path's own.
    private @Nullable List<Node> members;
    private int held;
    private @Nullable String source;

    /** Those that have left with attempts under way, which go on for as long as streams do. */
    private volatile List<Node> left = List.of();

    ObservedBalancer(MeteredService owner, ServiceMetrics metrics, Balancer balancer, Time time) {
        this.owner = owner;
        this.metrics = metrics;
        this.balancer = balancer;
        this.time = time;
        this.recent = new RecentAttempts(time);
    }

    // ---- request path ----

    @Override
    public void onPick(String service, Endpoint endpoint) {
        recent.onPick(service, endpoint);
    }

    @Override
    public void onOutcome(String service, Endpoint endpoint, Outcome outcome, long latencyNanos) {
        recent.onOutcome(service, endpoint, outcome, latencyNanos);
        metrics.ended(endpoint, outcome, latencyNanos);
    }

    @Override
    public void onRefusal(String service, Refusal refusal) {
        metrics.refusals.add(refusal.kind());
    }

    @Override
    public void onWait(String service, long waitedNanos) {
        metrics.waits.record(waitedNanos);
    }

    @Override
    public void onRetry(String service, Endpoint failed, Outcome outcome, RetryDecision decision) {
        metrics.retries.add(decision);
    }

    @Override
    public void onHedge(String service, RetryDecision decision) {
        metrics.hedges.add(decision);
    }

    @Override
    public void onSpill(String service, Endpoint endpoint) {
        metrics.spills.increment();
    }

    // ---- control path ----

    @Override
    public void onMembership(String service, int known, int added, int removed, int heldNow) {
        metrics.membership.of(MembershipChange.ADDED).add(added);
        metrics.membership.of(MembershipChange.REMOVED).add(removed);
        // Every set that comes meanwhile says again how many are held.
        metrics.membership.of(MembershipChange.HELD).add(Math.max(0, heldNow - held));
        held = heldNow;
    }

    @Override
    public void onHealth(String service, Endpoint endpoint, Health before, Health after) {
        if (before.status() != after.status()) {
            metrics.health.add(after.status());
        }
    }

    @Override
    public void onRebuild(String service, Snapshot snapshot, Duration took) {
        metrics.rebuilds.record(took.toNanos());
        recent.onRebuild(service, snapshot, took);
        if (snapshot.members() != members) {
            left = left(snapshot.members());
            members = snapshot.members();
            owner.changed();
        }
    }

    /** A node is the same object for as long as it is a member. One that a call may be just about to take is kept until the change after. */
    private List<Node> left(List<Node> now) {
        Set<Node> gone = Collections.newSetFromMap(new IdentityHashMap<>());
        left.stream().filter(node -> node.inFlight() > 0).forEach(gone::add);
        if (members != null) {
            gone.addAll(members);
        }
        now.forEach(gone::remove);
        return List.copyOf(gone);
    }

    @Override
    public void onConfigured(String service, BalancerSettings settings) {
        metrics.configuration.add(ConfigurationResult.APPLIED);
        owner.changed();
    }

    @Override
    public void onConfigurationRejected(String service, String reason) {
        metrics.configuration.add(ConfigurationResult.REJECTED);
    }

    @Override
    public void onSourceValueRejected(String service, String reason) {
        metrics.configuration.add(ConfigurationResult.VALUE_REJECTED);
    }

    @Override
    public void onStale(String service, Duration age, Throwable cause) {
        // Said at each failed read; only a source that is known now and was not before is news.
        String name = balancer.source().name();
        if (!name.equals(source)) {
            source = name;
            owner.changed();
        }
    }

    @Override
    public void onLeak(String service, Endpoint endpoint, Duration age) {
        metrics.leaks.increment();
    }

    @Override
    public void onClose(String service) {
        recent.onClose(service);
        owner.remove(reference);
    }

    // ---- readers ----

    /** As which others hold it. */
    WeakReference<ObservedBalancer> reference() {
        return reference;
    }

    boolean observes(Balancer other) {
        return balancer == other;
    }

    Balancer balancer() {
        return balancer;
    }

    RecentAttempts recent() {
        return recent;
    }

    Snapshot snapshot() {
        return balancer.current().snapshot();
    }

    /** Attempts under way, at endpoints that have left too. */
    long active() {
        Set<Node> nodes = Collections.newSetFromMap(new IdentityHashMap<>());
        nodes.addAll(left);
        nodes.addAll(snapshot().members());
        long sum = 0;
        for (Node node : nodes) {
            sum += node.inFlight();
        }
        return sum;
    }

    double retriesLeft() {
        return balancer.current().retryBudget().left();
    }

    double skew() {
        return recent.read().skew(snapshot());
    }

    double shardEpoch() {
        ShardMap map = snapshot().shardMap();
        return map == null || map.epoch() == ShardMap.NO_EPOCH ? Double.NaN : map.epoch();
    }

    double panic() {
        return snapshot().panic() == null ? 0 : 1;
    }

    double sourceAge() {
        Duration age = balancer.source().age(time.now());
        return age == null ? Double.NaN : age.toNanos() / 1e9;
    }

    double sourceFailing() {
        BalancerState.Source source = balancer.source();
        boolean stale = source.set() != null && source.set().stale();
        return source.error() != null || stale ? 1 : 0;
    }
}
