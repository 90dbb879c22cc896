package dev.zerohop;

import java.util.function.Supplier;

/**
 * One attempt under way: the node it goes to, and the duty to report how it went: that it was {@linkplain #answered answered}, and, once, how it
 * {@linkplain #complete ended}. Thread-safe; no method blocks.
 *
 * <p>Answered is not ended. The first headers or the first message say that the endpoint is well and how long it takes to answer; the attempt counts as
 * under way until it ends, which for a stream may be hours later.
 */
public interface Lease {

    /** Where the attempt goes. */
    Node node();

    /** The endpoint of the node: id and address are those to which the attempt goes; weight, zone and attributes those that discovery gives now. */
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
     * Reports that the endpoint has begun to answer well: the first headers or the first message have arrived. That decides a half-open endpoint's probe
     * call and is the latency that load metrics and ejection by latency take. An answer that is known to be an error is reported with {@link #complete} alone. The first call
     * counts, later ones and those after {@link #complete} change nothing.
     */
    void answered();

    /**
     * Reports that the attempt is alive: bytes or messages have moved. A lease without progress for the
     * {@linkplain BalancerSettings#leaseAgeLimit age limit} is closed as leaked: it is counted no more, and {@link #complete} changes nothing, unless it
     * moves again, which counts it again. Cheap enough for every message.
     */
    void progress();

    /** Whether the policy or a stage goes by what endpoints report of their load: if not, there is no use in looking for a report. */
    default boolean wantsLoadReport() {
        return false;
    }

    /**
     * Reports what the endpoint said of its load. Before {@link #complete}, if it came before the end. Each report counts; where {@linkplain #wantsLoadReport none is wanted} nothing is asked and nothing
     * happens.
     *
     * @param read gives the report; one that it cannot read is counted, logged and passed over
     */
    default void report(Supplier<LoadReport> read) {}

    /**
     * Reports the outcome. The first call counts, later ones change nothing.
     *
     * @return whether this was the first call, on a lease that had not been closed at its age limit
     */
    boolean complete(Outcome outcome);
}
