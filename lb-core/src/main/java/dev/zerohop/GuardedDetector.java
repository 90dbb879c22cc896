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

    /** The records of endpoints that the detector threw at instead of taking them. */
    private final Set<EjectionPolicy.EndpointStats> notTaken = Collections.newSetFromMap(new IdentityHashMap<>());

    private EjectionPolicy.Detector detector;

    GuardedDetector(EjectionPolicy.Detector detector, ForeignFaults faults) {
        this.detector = detector;
        this.faults = faults;
    }

    EjectionPolicy.Detector inForce() {
        return detector;
    }

    /** The record of an endpoint that has just become a member. */
    EjectionPolicy.EndpointStats recordOf(Endpoint endpoint, Runnable changed) {
        return recordOf(detector, endpoint, null, changed);
    }

    /** A detector that cannot take an endpoint does not eject it. */
    private EjectionPolicy.EndpointStats recordOf(
            EjectionPolicy.Detector by,
            Endpoint endpoint,
            EjectionPolicy.@Nullable EndpointStats before,
            Runnable changed) {
        try {
            return by.add(endpoint, before, changed);
        } catch (Throwable thrown) {
            faults.report("add() of the ejection's detector", "the endpoint is not ejected until it works", thrown);
            EjectionPolicy.EndpointStats none = NoEjection.INSTANCE.add(endpoint, null, changed);
            notTaken.add(none);
            return none;
        }
    }

    void forget(LiveNode node) {
        if (!notTaken.isEmpty() && notTaken.remove(node.record)) {
            return;
        }
        try {
            detector.remove(node.record);
        } catch (Throwable thrown) {
            faults.report("remove() of the ejection's detector", "the endpoint leaves all the same", thrown);
        }
    }

    /** Hands every member's record to another detector, which goes on from it. */
    void replaceBy(EjectionPolicy.Detector next, List<LiveNode> members, Consumer<LiveNode> changed) {
        for (LiveNode node : members) {
            EjectionPolicy.EndpointStats after =
                    recordOf(next, node.endpoint(), node.record, () -> changed.accept(node));
            forget(node);
            node.setRecord(after);
            changed.accept(node);
        }
        detector = next;
    }

    /** Has the detector look at its records, after it was offered the endpoints again that it could not take; nanoseconds until the next look. */
    long review(List<LiveNode> members, long now, Consumer<LiveNode> changed) {
        for (LiveNode node : notTaken.isEmpty() ? List.<LiveNode>of() : members) {
            if (notTaken.remove(node.record)) {
                node.setRecord(recordOf(node.endpoint(), () -> changed.accept(node)));
                changed.accept(node);
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
