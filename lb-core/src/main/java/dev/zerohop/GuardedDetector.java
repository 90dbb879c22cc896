package dev.zerohop;

import java.time.Duration;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The detector of an ejection policy, whose faults eject nothing and keep no endpoint from coming or going. For tasks of the control path. */
final class GuardedDetector {
    /** When a detector that threw is asked again. */
    private static final long RETRY_NANOS = Duration.ofSeconds(1).toNanos();

    private final ForeignFaults faults;

    /** Takes the members whose record says something else than before. */
    private final Consumer<LiveNode> changed;

    /** The records of endpoints that the detector threw at instead of taking them. */
    private final Set<EjectionPolicy.EndpointStats> notTaken = Collections.newSetFromMap(new IdentityHashMap<>());

    private EjectionPolicy.Detector detector;

    GuardedDetector(EjectionPolicy.Detector detector, ForeignFaults faults, Consumer<LiveNode> changed) {
        this.detector = detector;
        this.faults = faults;
        this.changed = changed;
    }

    EjectionPolicy.Detector inForce() {
        return detector;
    }

    /** Gives a record to an endpoint that has just become a member. */
    void watch(LiveNode node) {
        watch(node, detector, null);
    }

    /** A detector that cannot take an endpoint does not eject it. */
    private void watch(LiveNode node, EjectionPolicy.Detector by, EjectionPolicy.@Nullable EndpointStats before) {
        Runnable news = () -> changed.accept(node);
        EjectionPolicy.EndpointStats after;
        try {
            after = by.add(node.endpoint(), before, news);
        } catch (Throwable thrown) {
            faults.report("add() of the ejection's detector", "the endpoint is not ejected until it works", thrown);
            after = NoEjection.INSTANCE.add(node.endpoint(), null, news);
            notTaken.add(after);
        }
        node.setRecord(after, timed(after));
        changed.accept(node);
    }

    private boolean timed(EjectionPolicy.EndpointStats of) {
        try {
            return of.timed();
        } catch (Throwable thrown) {
            faults.report("timed() of the ejection's track record", "it is given no latencies", thrown);
            return false;
        }
    }

    /** Gives another record to a member whose endpoint is elsewhere than it was, by which detectors may compare. */
    void moved(LiveNode node) {
        EjectionPolicy.EndpointStats before = node.record;
        watch(node, detector, before);
        forget(before);
    }

    void forget(LiveNode node) {
        forget(node.record);
    }

    private void forget(EjectionPolicy.EndpointStats of) {
        if (!notTaken.isEmpty() && notTaken.remove(of)) {
            return;
        }
        try {
            detector.remove(of);
        } catch (Throwable thrown) {
            faults.report("remove() of the ejection's detector", "the endpoint leaves all the same", thrown);
        }
    }

    /** Hands every member's record to another detector, which goes on from it. */
    void replaceBy(EjectionPolicy.Detector next, List<LiveNode> members) {
        for (LiveNode node : members) {
            EjectionPolicy.EndpointStats before = node.record;
            watch(node, next, before);
            forget(before);
        }
        detector = next;
    }

    /** Has the detector look at its records, after it was offered the endpoints again that it could not take; nanoseconds until the next look. */
    long review(List<LiveNode> members, long now) {
        for (LiveNode node : notTaken.isEmpty() ? List.<LiveNode>of() : members) {
            if (notTaken.remove(node.record)) {
                watch(node);
            }
        }
        try {
            return detector.review(now);
        } catch (Throwable thrown) {
            faults.report("review() of the ejection's detector", "it is asked again", thrown);
            return RETRY_NANOS;
        }
    }
}
