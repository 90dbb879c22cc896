package dev.zerohop;

/**
 * One attempt under way: the node it goes to, and the duty to report how it ended, once. Thread-safe.
 */
public interface Lease {

    /** Where the attempt goes. */
    Node node();

    /** The endpoint of the node when the lease began. */
    default Endpoint endpoint() {
        return node().endpoint();
    }

    /**
     * The epoch of the shard map by which {@link Balancer#acquire} routed the attempt, for the server to see; {@link ShardMap#NO_EPOCH} if there was
     * none, and for leases begun on a node that was picked before.
     */
    default long shardEpoch() {
        return ShardMap.NO_EPOCH;
    }

    /**
     * Reports the outcome. The first call counts, later ones change nothing.
     *
     * @return whether this was the first call
     */
    boolean complete(Outcome outcome);
}
