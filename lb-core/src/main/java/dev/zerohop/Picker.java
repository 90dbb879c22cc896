package dev.zerohop;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Chooses a node for one attempt. Built from one {@link Snapshot} and never changed by a later one: {@link #rebuild} gives the next version,
 * and the old one stays valid for calls that still hold it.
 *
 * <p>Thread-safe. {@link #pick(PickContext)} neither blocks nor locks, allocates nothing, and reads the clock only if its definition needs it.
 */
public interface Picker {

    /**
     * Picks one node, or null if there is none for this context; {@link #refusal} then says why.
     *
     * <p>Nodes that the context {@linkplain PickContext#avoids avoids} are picked only when no other is left, except by keyed policies whose
     * key has one owner only.
     */
    @Nullable
    Node pick(PickContext context);

    /**
     * {@link #pick(PickContext)} at an instant of the balancer's clock that the caller has read anyway, for a policy whose {@link LoadMetric} is
     * {@linkplain LoadMetric#timed timed}: a clock read costs more than the rest of a pick.
     */
    default @Nullable Node pick(PickContext context, long nowNanos) {
        return pick(context);
    }

    /** Why {@link #pick(PickContext)} had nothing for this context. Not on the fast path. */
    Refusal refusal(PickContext context);

    /** The next version. It continues this one's sequence where it has one, so that clients do not march in step after an update. */
    Picker rebuild(Snapshot next);

    /**
     * This version is in force from now on. Called by the control path after it was published, perhaps more than once; not for a version that is made beside the one in force, without the endpoints that are tried
     * at the moment. What acts apart from picks follows this version, not the one that was made last. A picker that is made of others calls theirs. Not called for the first version, which has no members. Default: nothing.
     */
    default void inForce() {}

    /** How often {@link #refresh} is to be called while this is the version in force, in nanoseconds; 0 for never. Default: never. */
    default long refreshNanos() {
        return 0;
    }

    /**
     * Takes in what the nodes have measured since. Called by the control path, which calls nothing else of this picker at the same time but what requests call;
     * 10 to 20 % later than {@link #refreshNanos} says, so that clients do not march in step.
     */
    default void refresh(long nowNanos) {}

    /**
     * Whether an attempt with this context waits for whatever is missing to reach the owner of its key (owner-down policy WAIT): an endpoint, the whole
     * set, a connection. An attempt that did not reach the owner is then made again within the call's own time.
     */
    default boolean waits(PickContext context) {
        return false;
    }

    /** Whether {@code picked} stands in for an owner that is down (owner-down policy SPILL). */
    default boolean spilled(PickContext context, Node picked) {
        return false;
    }

    /** The epoch of the source's shard map by which this version routes keys; {@link ShardMap#NO_EPOCH} if it routes by none. */
    default long shardEpoch() {
        return ShardMap.NO_EPOCH;
    }

    /** {@link #shardEpoch()}, if it is by that epoch that the context's key was placed; {@link ShardMap#NO_EPOCH} if something else names its owner. */
    default long shardEpoch(PickContext context) {
        return context.selector() == null ? ShardMap.NO_EPOCH : shardEpoch();
    }

    /** How this picker comes to its choice for the context, a line each, without picking: it changes no sequence. */
    default List<String> explain(PickContext context) {
        return List.of();
    }
}
