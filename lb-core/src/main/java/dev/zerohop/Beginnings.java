package dev.zerohop;

/** Which members this client began with, and when the last of the others became usable. For tasks of the control path. */
final class Beginnings {
    /** Whether the source has vouched for a set: a member that joins after that is new. A set kept from an earlier run does not count. */
    private boolean vouchedFor;

    /** See {@link Snapshot#startedNanos}; meaningless before the first set. */
    private long startedNanos;

    /** See {@link Snapshot#newestNanos}. */
    private long newestNanos;

    private final ClientSeed seed;

    Beginnings(ClientSeed seed) {
        this.seed = seed;
    }

    /** A set is being admitted. */
    void admits(long nowNanos) {
        if (!vouchedFor) {
            startedNanos = nowNanos;
            newestNanos = nowNanos;
        }
    }

    /** The source vouches for the set that was published last, perhaps one kept from an earlier run. */
    void vouchedFor() {
        vouchedFor = true;
    }

    /** One that waits for its first connection begins when it has it. */
    void joined(LiveNode node, long nowNanos) {
        node.wasUsable = node.verdicts.isEmpty() && node.endpoint().readiness() == Endpoint.Readiness.READY;
        if (vouchedFor) {
            node.cold = !node.verdicts.isEmpty();
            usableSince(nowNanos);
        }
    }

    void usableSince(long nanos) {
        if (nanos - newestNanos > 0) {
            newestNanos = nanos;
        }
    }

    Snapshot.Origin origin() {
        return new Snapshot.Origin(startedNanos, newestNanos, seed);
    }
}
