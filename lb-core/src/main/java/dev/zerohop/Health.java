package dev.zerohop;

import static java.util.Objects.requireNonNull;

import dev.zerohop.internal.Durations;

/**
 * The health of one endpoint: the worst of its verdicts that have not expired.
 *
 * @param status the belief
 * @param source who says so, for example {@code ejection}, {@code connectivity}, {@code source}
 * @param reason why, in words for an operator
 * @param sinceNanos since when, on the balancer's monotonic clock; of an endpoint that is out again after a probe call that failed, since it went out first
 * @param untilNanos until when, unless something happens first; {@link #OPEN_END} if no time ends it
 */
public record Health(Status status, String source, String reason, long sinceNanos, long untilNanos) {

    /** No time ends it. */
    public static final long OPEN_END = Long.MAX_VALUE;

    /** Beliefs, from best to worst; of several live verdicts the worst wins. */
    public enum Status {
        /** Checked and found well. */
        HEALTHY(true, false),
        /** No verdict; taken for well. */
        UNKNOWN(true, false),
        /** No longer named by its source, but the loss is suspect (see {@link MembershipGuard}): served while it answers. */
        HELD(true, false),
        /** Was ejected and may take one probe call. */
        HALF_OPEN(true, false),
        /** On its way out but well: the last resort, used for new calls while no other endpoint is well, and by the owner of a key. */
        DRAINING(false, false),
        /** Taken out by observed failures of this client's own calls. Panic lifts it. */
        EJECTED(false, true),
        /** Taken out by probes. Panic lifts it. */
        UNHEALTHY(false, true),
        /** Taken out because this client's own calls could not connect to it. A fact rather than a judgement: used only when no other endpoint is left. */
        UNREACHABLE(false, false),
        /** A connection is being made; calls may wait for it. */
        CONNECTING(false, false),
        /** No connection could be made; not even panic uses it. */
        DISCONNECTED(false, false),
        /** Its source says that it cannot take traffic; not even panic uses it. */
        NOT_READY(false, false);

        private final boolean usable;
        private final boolean liftedByPanic;

        Status(boolean usable, boolean liftedByPanic) {
            this.usable = usable;
            this.liftedByPanic = liftedByPanic;
        }

        /** Whether new calls may go there. */
        public boolean usable() {
            return usable;
        }

        /** Whether panic may use it all the same: true for verdicts that may be wrong, false for facts. */
        public boolean liftedByPanic() {
            return liftedByPanic;
        }
    }

    /** Checks for null, and takes texts in their {@linkplain Printable#text(String) printable} form. */
    public Health {
        requireNonNull(status, "status");
        source = Printable.text(requireNonNull(source, "source"));
        reason = Printable.text(requireNonNull(reason, "reason"));
    }

    /** Without an end by time. */
    public Health(Status status, String source, String reason, long sinceNanos) {
        this(status, source, reason, sinceNanos, OPEN_END);
    }

    /** No verdict yet. */
    public static Health unknown(long sinceNanos) {
        return new Health(Status.UNKNOWN, "none", "no verdict yet", sinceNanos);
    }

    /** {@link Status#usable()} of the status. */
    public boolean usable() {
        return status.usable();
    }

    /** Whether the endpoint does not take calls as usual: its status is not {@linkplain Status#usable usable}, or it is half open. */
    public boolean impaired() {
        return !status.usable() || status == Status.HALF_OPEN;
    }

    /** What, since when, until when and why, for a person. */
    public String describe(long nowNanos) {
        return status + " for " + Durations.text(nowNanos - sinceNanos)
                + (untilNanos == OPEN_END ? "" : ", " + Durations.text(untilNanos - nowNanos) + " to go") + " ("
                + source + ": " + reason + ")";
    }

    @Override
    public String toString() {
        return status + " (" + source + ": " + reason + ")";
    }
}
