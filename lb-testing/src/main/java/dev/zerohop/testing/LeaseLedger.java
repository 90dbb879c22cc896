package dev.zerohop.testing;

import dev.zerohop.BalancerListener;
import dev.zerohop.Endpoint;
import dev.zerohop.Node;
import dev.zerohop.Outcome;
import dev.zerohop.Snapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;

/**
 * Counts leases in and out, and remembers every node without keeping it alive: for tests that end with nothing in flight, and with nothing kept of
 * endpoints that left. One for any number of balancers. Thread-safe.
 */
public final class LeaseLedger implements BalancerListener {
    private final Map<Outcome, Long> ended = new EnumMap<>(Outcome.class);
    private final Set<Node> nodes = Collections.newSetFromMap(new WeakHashMap<>());
    private long begun;
    private long leaks;
    private int nodesSeen;

    /** Nothing is counted yet. */
    public LeaseLedger() {}

    @Override
    public synchronized void onRebuild(String service, Snapshot snapshot, Duration took) {
        for (Node node : snapshot.members()) {
            if (nodes.add(node)) {
                nodesSeen++;
            }
        }
    }

    @Override
    public synchronized void onPick(String service, Endpoint endpoint) {
        begun++;
    }

    @Override
    public synchronized void onOutcome(String service, Endpoint endpoint, Outcome outcome, long latencyNanos) {
        ended.merge(outcome, 1L, Long::sum);
    }

    @Override
    public synchronized void onLeak(String service, Endpoint endpoint, Duration age) {
        leaks++;
    }

    /** How many leases have begun. */
    public synchronized long begun() {
        return begun;
    }

    /** How many leases ended with each outcome; {@link Outcome#LEAKED} are those of which {@code Balancer.leaked} was notified. */
    public synchronized Map<Outcome, Long> ended() {
        return new EnumMap<>(ended);
    }

    /** How many leases were given up, by notice or by their age. */
    public synchronized long leaks() {
        return leaks;
    }

    /** How many leases are open, as far as none that was closed by its age has moved again. */
    public synchronized long open() {
        long byAge = leaks - ended.getOrDefault(Outcome.LEAKED, 0L);
        return begun
                - byAge
                - ended.values().stream().mapToLong(Long::longValue).sum();
    }

    /** How many nodes there ever were. */
    public synchronized int nodesSeen() {
        return nodesSeen;
    }

    /** The nodes that are still reachable, or were not collected yet: members and endpoints that left. */
    public synchronized List<Node> nodes() {
        return new ArrayList<>(nodes);
    }

    /** What is in flight at all of them. */
    public int inFlight() {
        int sum = 0;
        for (Node node : nodes()) {
            sum += node.inFlight();
        }
        return sum;
    }
}
