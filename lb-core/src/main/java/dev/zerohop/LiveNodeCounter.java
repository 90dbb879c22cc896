package dev.zerohop;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a request reads of a node. In its own class so that the counter lies beside the object's header, on one cache line. */
abstract class LiveNodeCounter {
    /** Attempts under way; see {@link InFlight} for what the bits mean. */
    volatile long inFlight;

    /** For failures, see {@link Node#pressure}. */
    @SuppressWarnings("unused")
    int penalty;

    volatile boolean halfOpen;
    volatile boolean held;
    volatile boolean failedWhileHeld;

    /** What {@link #record} says: whether it wants latencies. */
    volatile boolean timed;

    volatile Endpoint endpoint;
    volatile EjectionPolicy.EndpointStats record;

    /** What the policy has measured; null if that is {@link #inFlight} only. */
    volatile LoadMetric.@Nullable Load load;

    /** The last report, for stages; null if none of them wants it. */
    volatile Node.@Nullable ReportedLoad reported;

    volatile Health health;
    volatile long healthySinceNanos;
    long heldSinceNanos = MembershipGuard.Member.NOT_HELD;
    volatile List<LiveNode.TimedVerdict> verdicts = List.of();

    /** When the first of the verdicts ends; control path only. */
    long verdictEndsNanos = Long.MAX_VALUE;

    /** Whether it counts as new when it is next usable: it was out of order, or has joined and never been usable; control path only. */
    boolean cold;

    /** Of one that is half open: since when it was out before. */
    long outSinceNanos;

    /** See {@link Node#wasUsable}. */
    volatile boolean wasUsable;

    /** Whether its health is to be settled anew; control path only. */
    boolean hasNews;

    /** Whether it is no member any more; control path only. */
    boolean left;

    final Balancer owner;

    LiveNodeCounter(Balancer owner, Endpoint endpoint, Health unknown, LoadMetric.@Nullable Load load) {
        this.owner = owner;
        this.endpoint = endpoint;
        this.health = unknown;
        this.healthySinceNanos = unknown.sinceNanos();
        this.load = load;
        this.record = NoEjection.INSTANCE.add(endpoint, null, () -> {});
    }
}

/** Keeps the next object off this node's cache line: two nodes' counters must not disturb each other. */
abstract class LiveNodePad extends LiveNodeCounter {
    @SuppressWarnings("UnusedVariable")
    long p0, p1, p2, p3, p4, p5, p6, p7;

    LiveNodePad(Balancer owner, Endpoint endpoint, Health unknown, LoadMetric.@Nullable Load load) {
        super(owner, endpoint, unknown, load);
    }
}
