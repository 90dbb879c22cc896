package dev.zerohop;

/**
 * One published version: the picker, and what it was built from. What requests ask of the policy is asked once, here.
 *
 * @param timed whether the nodes' load wants the clock read
 * @param keyed whether picks depend on the caller's key
 * @param shardEpoch the epoch of the shard map by which keys are routed, or {@link ShardMap#NO_EPOCH}
 */
record Routing(PickPolicy policy, Picker picker, Snapshot snapshot, boolean timed, boolean keyed, long shardEpoch) {

    static Routing of(PickPolicy policy, Picker picker, Snapshot snapshot) {
        return new Routing(policy, picker, snapshot, policy.loadMetric().timed(), policy.keyed(), picker.shardEpoch());
    }

    /** The epoch by which an attempt with this context is routed. */
    long shardEpoch(PickContext context) {
        return context.selector() == null ? ShardMap.NO_EPOCH : shardEpoch;
    }

    /** The version without members, which ends a balancer. */
    Routing emptied() {
        return of(policy, picker.rebuild(Snapshot.EMPTY), Snapshot.EMPTY);
    }
}
