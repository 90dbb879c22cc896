package dev.zerohop;

import java.time.Duration;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The judge of an ejection policy, whose faults eject nothing and keep no endpoint from coming or going. For tasks of the control path. */
final class GuardedJudge {
    /** When a judge that threw is asked again. */
    private static final long RETRY_NANOS = Duration.ofSeconds(1).toNanos();

    private final ForeignFaults faults;

    /** The records of endpoints that the judge threw at instead of taking them. */
    private final Set<EjectionPolicy.TrackRecord> unjudged = Collections.newSetFromMap(new IdentityHashMap<>());

    private EjectionPolicy.Judge judge;

    GuardedJudge(EjectionPolicy.Judge judge, ForeignFaults faults) {
        this.judge = judge;
        this.faults = faults;
    }

    EjectionPolicy.Judge inForce() {
        return judge;
    }

    /** The record of an endpoint that has just become a member. */
    EjectionPolicy.TrackRecord recordOf(Endpoint endpoint) {
        return recordOf(judge, endpoint, null);
    }

    /** A judge that cannot take an endpoint does not judge it. */
    private EjectionPolicy.TrackRecord recordOf(
            EjectionPolicy.Judge by, Endpoint endpoint, EjectionPolicy.@Nullable TrackRecord before) {
        try {
            return by.add(endpoint, before);
        } catch (Throwable thrown) {
            faults.report("add() of the ejection's judge", "the endpoint is not ejected until it works", thrown);
            EjectionPolicy.TrackRecord none = NoEjection.INSTANCE.add(endpoint, null);
            unjudged.add(none);
            return none;
        }
    }

    void forget(LiveNode node) {
        if (!unjudged.isEmpty() && unjudged.remove(node.record)) {
            return;
        }
        try {
            judge.remove(node.record);
        } catch (Throwable thrown) {
            faults.report("remove() of the ejection's judge", "the endpoint leaves all the same", thrown);
        }
    }

    /** Hands every member's record to another judge, which goes on from it. */
    void replaceBy(EjectionPolicy.Judge next, List<LiveNode> members) {
        for (LiveNode node : members) {
            EjectionPolicy.TrackRecord after = recordOf(next, node.endpoint(), node.record);
            forget(node);
            node.setRecord(after);
        }
        judge = next;
    }

    /** Looks at all members, those that it could not take before included; nanoseconds until the next look. */
    long review(List<LiveNode> members, long now) {
        for (LiveNode node : unjudged.isEmpty() ? List.<LiveNode>of() : members) {
            if (unjudged.remove(node.record)) {
                node.setRecord(recordOf(node.endpoint()));
            }
        }
        try {
            return judge.review(now);
        } catch (Throwable thrown) {
            faults.report("review() of the ejection's judge", "it is asked again", thrown);
            return RETRY_NANOS;
        }
    }

    /** Settles what is believed of one member, which stays if its record throws. */
    long review(LiveNode node, long now) {
        try {
            return node.judge(now);
        } catch (Throwable thrown) {
            faults.report("the ejection's track record", "what was believed of the endpoint stays", thrown);
            return Long.MAX_VALUE;
        }
    }
}
