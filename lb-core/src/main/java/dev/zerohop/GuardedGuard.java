package dev.zerohop;

import static java.util.Objects.requireNonNull;

import dev.zerohop.internal.Late;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** The mass-removal guard as one balancer applies it: with times that are its own, and with an answer also if the guard throws. For tasks of the control path. */
final class GuardedGuard {
    /** When a guard that threw is asked again. */
    private static final long GUARD_RETRY_NANOS = Duration.ofSeconds(1).toNanos();

    private final ForeignFaults faults;
    private final Dice dice;

    /** 0 until it is drawn: most balancers never need it. */
    private double stretch;

    GuardedGuard(ForeignFaults faults, Dice dice) {
        this.faults = faults;
        this.dice = dice;
    }

    /** A guard that throws keeps whatever the source no longer names, and is asked again: what it would have held is not lost for its fault. */
    MembershipGuard.Decision admit(
            MembershipGuard guard,
            List<MembershipGuard.Member> members,
            EndpointSet next,
            long now,
            Collection<LiveNode> gone) {
        if (stretch == 0) {
            stretch = Late.factor(dice.nextDouble());
        }
        try {
            return requireNonNull(guard.stretched(stretch).admit(members, next, now), "the decision");
        } catch (Throwable thrown) {
            faults.report(
                    "the mass-removal guard", "endpoints that are no longer named are held while they answer", thrown);
            List<MembershipGuard.Member> held = new ArrayList<>();
            for (LiveNode node : gone) {
                held.add(new MembershipGuard.Member(node.endpoint(), node.held() ? node.heldSince() : now));
            }
            return new MembershipGuard.Decision(held, GUARD_RETRY_NANOS);
        }
    }
}
