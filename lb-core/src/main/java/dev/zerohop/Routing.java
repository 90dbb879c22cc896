package dev.zerohop;

/**
 * One published version: the picker, and what it was built from. What requests ask of the policy is asked once, here.
 *
 * @param timed whether the nodes' load wants the clock read
 * @param keyed whether picks depend on the caller's key
 */
record Routing(PickPolicy policy, Picker picker, Snapshot snapshot, boolean timed, boolean keyed) {

    static Routing of(PickPolicy policy, Picker picker, Snapshot snapshot) {
        return new Routing(policy, picker, snapshot, policy.loadMetric().timed(), policy.keyed());
    }

    /** The version without members, which ends a balancer. */
    Routing emptied() {
        return of(policy, picker.rebuild(Snapshot.EMPTY), Snapshot.EMPTY);
    }
}
