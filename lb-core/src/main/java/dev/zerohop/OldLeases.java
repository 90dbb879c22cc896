package dev.zerohop;

import java.time.Duration;

/** Closes leases that were never ended, and reports them. For tasks of the control path. */
record OldLeases(String name, BalancerListener listener, ForeignFaults faults) {
    private static final Log LOG = Log.of(Membership.class);

    /** Begins the node's next generation of leases; what is left of the one before the last has leaked. */
    void close(LiveNode node, Duration limit, long now) {
        int leaked = node.nextGeneration();
        if (leaked == 0) {
            return;
        }
        LOG.warn(
                "{}: {} calls to {} were never ended and made no progress for {} or longer; they are no longer counted",
                name,
                leaked,
                node.endpoint(),
                limit);
        LoadMetric.Load load = node.load;
        for (int i = 0; i < leaked; i++) {
            if (load != null) {
                try {
                    load.ended(now, limit.toNanos(), Outcome.LEAKED, false);
                } catch (Throwable thrown) {
                    faults.report("the load metric", "the leak is counted out all the same", thrown);
                }
            }
            listener.onLeak(name, node.endpoint(), limit);
        }
    }
}
