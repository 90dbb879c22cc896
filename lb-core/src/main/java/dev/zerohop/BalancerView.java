package dev.zerohop;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One published version of a balancer: the settings, the picker and the membership that belong together. An attempt reads everything through one view,
 * so that where its key is found, how it is routed, and what it says of its routing are of the same moment, also while the balancer goes on to the next
 * version.
 *
 * <p>Immutable and thread-safe; stays valid after its successor was published. No method blocks or locks.
 */
public final class BalancerView {
    private final Balancer owner;
    private final BalancerSettings settings;
    private final RetryBudget retryBudget;
    private final Picker picker;
    private final Snapshot snapshot;

    /**
     * The same policy over the candidates that are not half open, for calls that find the probe call of a half-open one taken; null if none is half open or all
     * are. A call that asked the policy again and again until it names another endpoint would ask n times in an outage, and each time at a greater cost.
     */
    private final @Nullable Picker settled;

    // What requests ask of the policy is asked once, here.
    private final boolean timed;
    private final boolean keyed;
    private final long shardEpoch;

    BalancerView(Balancer owner, BalancerSettings settings, RetryBudget retryBudget, Picker picker, Snapshot snapshot) {
        this.owner = owner;
        this.settings = settings;
        this.retryBudget = retryBudget;
        this.picker = picker;
        this.snapshot = snapshot;
        this.timed = settings.policy().loadMetric().timed();
        this.keyed = settings.policy().keyed();
        this.shardEpoch = picker.shardEpoch();
        this.settled = settled(picker, snapshot);
    }

    private static @Nullable Picker settled(Picker picker, Snapshot snapshot) {
        if (snapshot.impaired().stream().noneMatch(BalancerView::isHalfOpen)) {
            return null;
        }
        List<Candidate> candidates = settled(snapshot.candidates());
        List<Candidate> available =
                snapshot.available() == snapshot.candidates() ? candidates : settled(snapshot.available());
        boolean all = candidates == snapshot.candidates() && available == snapshot.available();
        if (all || (candidates.isEmpty() && available.isEmpty())) {
            return null;
        }
        try {
            Snapshot left = snapshot.with(candidates, Long.MAX_VALUE, "without those half open");
            return picker.rebuild(left.withAvailable(available == candidates ? left.candidates() : available));
        } catch (Throwable thrown) {
            // Calls then go to the endpoint that is being probed; rebuilding for the snapshot itself reports such a
            // fault.
            return null;
        }
    }

    /** Those that are not half open; the list itself if none is. */
    private static List<Candidate> settled(List<Candidate> candidates) {
        List<Candidate> settled = new ArrayList<>(candidates);
        return settled.removeIf(candidate -> isHalfOpen(candidate.node())) ? settled : candidates;
    }

    private static boolean isHalfOpen(Node node) {
        return node instanceof LiveNode live && live.halfOpen;
    }

    /** The balancer whose version this is. */
    public Balancer balancer() {
        return owner;
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
     * Why no call goes anywhere: the source's first configuration was rejected, and neither it nor the application gave a good one. Null when picks are made.
     * {@link #settings} are then those that would hold without it.
     */
    public @Nullable String unconfigured() {
        return picker instanceof UnconfiguredPicker unconfigured ? unconfigured.reason() : null;
    }

    /** The membership that picks are made from. */
    public Snapshot snapshot() {
        return snapshot;
    }

    /** Whether picks depend on the caller's key. */
    public boolean keyed() {
        return keyed;
    }

    /**
     * Picks a node and begins a lease on it. What it refuses is not reported to the listener: a caller that goes on with another version has not been refused yet, and one
     * that ends the call says so by {@link Balancer#refused}.
     *
     * @throws NoEndpointException if there is none; it says which of the different answers this is
     */
    public Lease acquire(PickContext context) {
        long nanos = LeaseImpl.UNTIMED;
        Node node;
        try {
            if (timed) {
                // One instant for the pick and for the start: reading the clock is the dearest part of both.
                nanos = owner.nanoTime();
                node = probing(context, picker.pick(context, nanos));
            } else {
                node = probing(context, picker.pick(context));
            }
        } catch (Throwable thrown) {
            throw new NoEndpointException(owner.reasons().faulty(this, context, thrown));
        }
        if (node == null) {
            throw new NoEndpointException(refusal(context));
        }
        return owner.begin(node, nanos, shardEpoch(context));
    }

    /**
     * Picks a node, or null if there is none for this context or the code of the policy or of the key throws; {@link #refusal} says why. Nothing
     * is counted yet.
     */
    public @Nullable Node pick(PickContext context) {
        try {
            return probing(context, picker.pick(context));
        } catch (Throwable thrown) {
            // The refusal reports it: it meets the same fault.
            return null;
        }
    }

    /**
     * Why {@link #pick} of this version had nothing for this context. {@link Refusal#waits} is true as well where another version has been published, or is about
     * to be: that may have an endpoint.
     */
    public Refusal refusal(PickContext context) {
        return owner.reasons().refusal(this, context);
    }

    /** The picked node, or another one if it is half open and its probe call is taken. */
    private @Nullable Node probing(PickContext context, @Nullable Node node) {
        return node == null || mayTake(node) ? node : pickAround(context, node);
    }

    /** Whether a call may go there: unless it is half open and another call has its probe, which otherwise this one takes. */
    private static boolean mayTake(Node node) {
        return !(node instanceof LiveNode live) || !live.halfOpen || live.record.tryProbe();
    }

    /**
     * Another call has the one probe call of {@code probed}: another node is wanted, and one more pick finds it, whatever the number of endpoints. The first choice
     * stands if all are half open, or if there is none but those that this call has tried before: a call is not refused only because another one is trying the
     * same endpoint.
     */
    private Node pickAround(PickContext context, Node probed) {
        Node node = settled == null ? null : settled.pick(context);
        return node == null || (context.avoidsAny() && context.avoids(node.endpoint())) || !mayTake(node)
                ? probed
                : node;
    }

    /**
     * The endpoint that a pick would go to although the context avoids it, since it has no other; null if it has one, or none at all. An attempt that goes
     * where one has just failed to connect is better made a little later. Not for first attempts: it picks, and counts nothing.
     */
    public @Nullable Endpoint lastResort(PickContext context) {
        try {
            Node node = picker.pick(context);
            return node != null && context.avoids(node.endpoint()) ? node.endpoint() : null;
        } catch (Throwable thrown) {
            // The pick itself reports it.
            return null;
        }
    }

    /** {@link Picker#waits} of this version. */
    public boolean waits(PickContext context) {
        try {
            return picker.waits(context);
        } catch (Throwable thrown) {
            owner.report("waits() of the policy " + settings.policy().name(), "calls do not wait", thrown);
            return false;
        }
    }

    /** Whether {@code picked} stands in for an owner that is down (owner-down policy SPILL). */
    public boolean spilled(PickContext context, Node picked) {
        try {
            return keyed && picker.spilled(context, picked);
        } catch (Throwable thrown) {
            owner.report(
                    "spilled() of the policy " + settings.policy().name(), "the call counts as its owner's", thrown);
            return false;
        }
    }

    /**
     * The epoch of the shard map by which an attempt with this context is routed; {@link ShardMap#NO_EPOCH} if the source gives none, the policy routes by
     * something else or the context has no key.
     */
    public long shardEpoch(PickContext context) {
        if (shardEpoch == ShardMap.NO_EPOCH || context.selector() == null) {
            return ShardMap.NO_EPOCH;
        }
        try {
            return picker.shardEpoch(context);
        } catch (Throwable thrown) {
            owner.report("shardEpoch() of the policy " + settings.policy().name(), "the call states no epoch", thrown);
            return ShardMap.NO_EPOCH;
        }
    }

    boolean timed() {
        return timed;
    }

    Picker picker() {
        return picker;
    }

    /** The version with these settings over the same membership. */
    BalancerView with(BalancerSettings next, RetryBudget budget, Picker nextPicker) {
        return new BalancerView(owner, next, budget, nextPicker, snapshot);
    }

    /** The version with this membership under the same settings. */
    BalancerView over(Snapshot next) {
        return new BalancerView(owner, settings, retryBudget, picker.rebuild(next), next);
    }

    @Override
    public String toString() {
        return "BalancerView(" + owner.name() + ", " + settings.policy().name() + ", "
                + snapshot.members().size() + " members)";
    }
}
