package dev.zerohop.health;

import dev.zerohop.Dice;
import dev.zerohop.EjectionPolicy;
import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.Outcome;
import dev.zerohop.Time;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Moves the records of one balancer between states. Serial executor only. */
final class OutlierDetector implements EjectionPolicy.Detector {
    private final OutlierEjection.Limits limits;
    private final Time time;
    private final Dice dice;
    private final Set<OutlierStats> records = new LinkedHashSet<>();

    /** How many of them are out by judgement; states change in {@link #review} only. */
    private int judged;

    /** The number of the latest half-open phase. One count for all, so that an endpoint that left and returned does not begin again. */
    private int phases;

    OutlierDetector(OutlierEjection.Limits limits, Env env) {
        this.limits = limits;
        this.time = env.time();
        this.dice = env.dice();
    }

    @Override
    public EjectionPolicy.EndpointStats add(Endpoint endpoint, EjectionPolicy.@Nullable EndpointStats previous) {
        OutlierStats record = new OutlierStats(limits, time);
        if (previous instanceof OutlierStats old) {
            record.continueFrom(old);
            phases = Math.max(phases, old.latestPhase());
        } else if (previous != null) {
            record.continueFrom(previous.consecutiveFailures());
        }
        records.add(record);
        judged += record.ejectedByJudgement() ? 1 : 0;
        return record;
    }

    @Override
    public void remove(EjectionPolicy.EndpointStats record) {
        if (record instanceof OutlierStats ours && records.remove(ours)) {
            judged -= ours.ejectedByJudgement() ? 1 : 0;
        }
    }

    @Override
    public long review(long nowNanos) {
        int allowed = allowedEjections(records.size(), limits.maxPercent());
        long next = Long.MAX_VALUE;
        for (OutlierStats record : records) {
            boolean wasJudged = record.ejectedByJudgement();
            next = Math.min(next, review(record, nowNanos, judged < allowed));
            boolean isJudged = record.ejectedByJudgement();
            judged += (isJudged ? 1 : 0) - (wasJudged ? 1 : 0);
        }
        return next;
    }

    private long review(OutlierStats record, long now, boolean mayJudge) {
        switch (record.state()) {
            case ACTIVE -> {
                if (limits.connectFailures() > 0 && record.connectFailures() >= limits.connectFailures()) {
                    return eject(record, OutlierStats.Cause.CONNECT, now);
                }
                if (limits.consecutiveFailures() > 0 && record.consecutiveFailures() >= limits.consecutiveFailures()) {
                    // At the cap it stays in for now; the next sweep may find a place.
                    return mayJudge ? eject(record, OutlierStats.Cause.FAILURES, now) : limits.intervalNanos();
                }
                return Long.MAX_VALUE;
            }
            case EJECTED -> {
                long left = record.untilNanos() - now;
                if (left > 0) {
                    return left;
                }
                phases = phases == EjectionPolicy.EndpointStats.MAX_PHASE ? 1 : phases + 1;
                record.halfOpen(phases);
                return record.reviewProbe(now);
            }
            case HALF_OPEN -> {
                Outcome probe = record.probeOutcome();
                if (probe == null) {
                    return record.reviewProbe(now);
                }
                if (!record.speaksAgainst(probe)) {
                    record.readmit(now);
                    return Long.MAX_VALUE;
                }
                // A refused connection is a fact whatever the ejection began with; otherwise the cause stays, and with
                // it its place under the cap.
                return eject(
                        record,
                        probe == Outcome.CONNECT_FAILURE && limits.connectFailures() > 0
                                ? OutlierStats.Cause.CONNECT
                                : record.cause(),
                        now);
            }
        }
        throw new AssertionError(record.state());
    }

    private long eject(OutlierStats record, OutlierStats.Cause cause, long now) {
        record.forgetHealthyIntervals(now);
        int times = record.times(cause);
        boolean connect = cause == OutlierStats.Cause.CONNECT;
        long base = connect ? limits.connectBaseNanos() : limits.baseNanos();
        long max = connect ? limits.connectMaxNanos() : limits.maxNanos();
        long nanos = connect ? doublingNanos(base, max, times) : growingNanos(base, max, times);
        boolean grows = nanos < max;
        long jitter = connect ? Math.min(limits.jitterNanos(), nanos / 5) : limits.jitterNanos();
        nanos += (long) (dice.nextDouble() * jitter);
        record.eject(cause, now, nanos, grows);
        return nanos;
    }

    /** How many of {@code endpoints} judgements may take out: the share rounded down, but one if the share is not 0. */
    static int allowedEjections(int endpoints, int maxPercent) {
        return maxPercent == 0 ? 0 : (int) Math.max(1, (long) endpoints * maxPercent / 100);
    }

    /** The time of an ejection after {@code times} earlier ones: base, twice the base, three times the base, up to the largest. */
    static long growingNanos(long baseNanos, long maxNanos, int times) {
        return times >= maxNanos / baseNanos ? maxNanos : baseNanos * (times + 1);
    }

    /** The time of an ejection after {@code times} earlier ones: base, twice the base, four times the base, up to the largest. */
    static long doublingNanos(long baseNanos, long maxNanos, int times) {
        return times >= Long.numberOfLeadingZeros(baseNanos) - 1 ? maxNanos : Math.min(maxNanos, baseNanos << times);
    }
}
