package dev.zerohop;

import org.jspecify.annotations.Nullable;

/**
 * An endpoint with its live state (health, load, calls in flight), the same object across snapshots. It lives as long as the endpoint keeps its id and
 * address; an endpoint that comes back under another address is a new node with a clean record.
 *
 * <p>Pickers look at a node, they never change it. All methods are safe from any thread and return at once.
 */
public interface Node {

    /** What discovery says about it at the moment; weight, zone and attributes may change while the node lives. */
    Endpoint endpoint();

    /** The current belief about it. */
    Health health();

    /**
     * Since when it has been usable without a break, on the balancer's monotonic clock; meaningless while it is not. A connection that is made anew is no break, nor is a time as one that
     * drains. For an endpoint that was known from the start this is at the latest {@link Snapshot#startedNanos}, also if the first connection to it took its time.
     */
    long healthySinceNanos();

    /** Whether it has been usable at any time since it joined: false for one that its source has never called ready, and for one whose first connection is still being made. */
    default boolean wasUsable() {
        return true;
    }

    /** Attempts under way from this client. */
    int inFlight();

    /**
     * Attempts under way plus a penalty for recent failures: an endpoint that fails fast has little under way and would draw traffic. Each failed
     * attempt ({@link Outcome#isFailure}) takes the penalty from p to 2p + 1, 63 at the most, and each success halves it; other outcomes leave it.
     * Kept whatever the policy, so a policy that is put in force later knows of them. Needs no clock. 0 while the node is half open and waits for its probe
     * call.
     */
    int pressure();

    /** The part of the {@link #pressure} that is for recent failures. Both the methods together may be of different instants. Default: what the pressure is above the attempts under way. */
    default int penalty() {
        return Math.max(0, pressure() - inFlight());
    }

    /**
     * The load by the policy's {@link LoadMetric} at the given instant of the balancer's clock; {@link #pressure} for policies without one. Lower is better. 0
     * while the node is half open and waits for its probe call: what it did before says nothing any more, and without a call it would never return.
     */
    double load(long nowNanos);

    /** Whether the {@linkplain #load load} is known from so long ago, or not at all, that a call should find out; by the policy's {@link LoadMetric}. Default: no. */
    default boolean stale(long nowNanos) {
        return false;
    }

    /** What an endpoint reported of its load, and when. Immutable. */
    final class ReportedLoad {
        private final LoadReport report;
        private final long nanos;

        /** {@code nanos} is when it arrived, on the balancer's clock. */
        public ReportedLoad(LoadReport report, long nanos) {
            this.report = report;
            this.nanos = nanos;
        }

        /** What it said. */
        public LoadReport report() {
            return report;
        }

        /** When it arrived, on the balancer's clock. */
        public long nanos() {
            return nanos;
        }
    }

    /**
     * The last report of its load, where a stage {@linkplain Stage#wantsLoadReports goes by them}; null where none does, and while none has come since the endpoint joined. It may be from before the endpoint was out of order: an endpoint that
     * was ejected because calls ran out of time would otherwise never be known as busy. Of reports that come at once any may be the last.
     */
    default @Nullable ReportedLoad reportedLoad() {
        return null;
    }

    /** Why it takes a call or takes none, for a person: what is believed of it, since when, until when, and why. {@code nowNanos} is of the balancer's clock. */
    default String describe(long nowNanos) {
        if (endpoint().weight() == 0) {
            return "has weight 0 and takes no traffic";
        }
        Health health = health();
        return "is " + health.describe(nowNanos)
                + (health.status() == Health.Status.HALF_OPEN ? "; its one probe call is under way" : "");
    }
}
