package dev.zerohop;

import java.util.List;

/**
 * Decides which endpoints that a new set no longer has stay members for a while, because a loss that large is more likely a fault of the source. A pure
 * function of its arguments, so that timers only call it; equal guards behave the same.
 */
@FunctionalInterface
public interface MembershipGuard {

    /** Obeys every update at once. */
    MembershipGuard NONE = (current, next, nowNanos) -> new Decision(List.of(), Long.MAX_VALUE);

    /**
     * Decides about each endpoint of {@code current} that {@code next} does not name. Asked only if there is one.
     *
     * @param current today's members, unmodifiable, with the instant since when each is held, {@link Member#NOT_HELD} for those that are not
     * @param next the source's latest set; asked again with the same set when a hold may be over
     */
    Decision admit(List<Member> current, EndpointSet next, long nowNanos);

    /**
     * The same with all its times this many times as long. Each balancer asks for it with a factor of its own, from 1.1 to 1.2, so that clients do not let go of what they hold at the same instant. Default:
     * this guard, for one that has no times.
     */
    default MembershipGuard stretched(double factor) {
        return this;
    }

    /**
     * A member today.
     *
     * @param endpoint the endpoint
     * @param heldSinceNanos since when it is held, or {@link #NOT_HELD}
     */
    record Member(Endpoint endpoint, long heldSinceNanos) {
        /** Not held. */
        public static final long NOT_HELD = Long.MIN_VALUE;
    }

    /**
     * What to keep on top of the new set.
     *
     * @param held the endpoints to keep, each with the instant since when it is held
     * @param reviewInNanos when to ask again; {@link Long#MAX_VALUE} for never
     */
    record Decision(List<Member> held, long reviewInNanos) {
        /** Copies the list. */
        public Decision {
            held = List.copyOf(held);
        }
    }
}
