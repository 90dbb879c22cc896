package dev.zerohop.health;

import dev.zerohop.Dice;
import dev.zerohop.EjectionPolicy;
import dev.zerohop.Endpoint;
import dev.zerohop.Env;
import dev.zerohop.Outcome;
import dev.zerohop.Time;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Moves the stats of one balancer between states. Serial executor only. */
final class OutlierDetector implements EjectionPolicy.Detector {
    private final OutlierEjection.Limits limits;
    private final Time time;
    private final Dice dice;
    private final OutlierNews news = new OutlierNews();

    /** Those that are out, and those that are only in because no more may be ejected. The others need no look until they have news. */
    private final Set<OutlierStats> watched = new LinkedHashSet<>();

    /** Null where no endpoint is compared with others. */
    private final @Nullable OutlierSweep sweep;

    private long lastSweepNanos;
    private long nextSweepNanos;

    private int size;

    /** How many of them are out for failures; states change in {@link #review} only. */
    private int outForFailures;

    /** The number of the latest half-open phase. One count for all, so that an endpoint that left and returned does not begin again. */
    private int phases;

    OutlierDetector(OutlierEjection.Limits limits, @Nullable OutlierSweep sweep, Env env) {
        this.limits = limits;
        this.time = env.time();
        this.dice = env.dice();
        this.sweep = sweep;
        this.lastSweepNanos = time.nanoTime();
        this.nextSweepNanos = lastSweepNanos + untilSweep();
    }

    /** Up to a fifth longer than the interval, so that clients do not march in step. */
    private long untilSweep() {
        return limits.intervalNanos() + (long) (dice.nextDouble() * limits.intervalNanos() / 5);
    }

    @Override
    public EjectionPolicy.EndpointStats add(
            Endpoint endpoint, EjectionPolicy.@Nullable EndpointStats previous, Runnable changed) {
        OutlierStats stats = new OutlierStats(limits, time, news, changed);
        if (previous instanceof OutlierStats old) {
            stats.continueFrom(old);
            phases = Math.max(phases, old.phase);
        } else if (previous != null) {
            stats.failures = previous.consecutiveFailures();
        }
        if (previous != null) {
            watched.add(stats);
        }
        if (sweep != null) {
            sweep.add(stats, endpoint);
        }
        size++;
        outForFailures += stats.outForFailures() ? 1 : 0;
        return stats;
    }

    @Override
    public void remove(EjectionPolicy.EndpointStats stats) {
        if (stats instanceof OutlierStats ours && ours.reportsTo(news) && !ours.removed) {
            ours.removed = true;
            watched.remove(ours);
            if (sweep != null) {
                sweep.remove(ours);
            }
            size--;
            outForFailures -= ours.outForFailures() ? 1 : 0;
        }
    }

    @Override
    public long review(long nowNanos) {
        int allowed = allowedEjections(size, limits.maxPercent());
        long next = Long.MAX_VALUE;
        news.drainTo(watched);
        for (Iterator<OutlierStats> each = watched.iterator(); each.hasNext(); ) {
            OutlierStats stats = each.next();
            EjectionPolicy.State before = stats.state();
            boolean wasOut = stats.outForFailures();
            long again = review(stats, nowNanos, outForFailures < allowed);
            next = Math.min(next, again);
            boolean isOut = stats.outForFailures();
            outForFailures += (isOut ? 1 : 0) - (wasOut ? 1 : 0);
            if (stats.state() != before) {
                stats.changed.run();
            }
            if (again == Long.MAX_VALUE) {
                each.remove();
            }
        }
        // After those that fail in a row: a slow one must not have the last place before one that fails every call.
        return sweep == null ? next : Math.min(next, sweep(sweep, allowed, nowNanos));
    }

    private long sweep(OutlierSweep due, int allowed, long now) {
        long[] next = {Long.MAX_VALUE};
        if (nextSweepNanos - now <= 0) {
            // The interval that is judged was no healthy one.
            long healthyUntil = lastSweepNanos;
            lastSweepNanos = now;
            nextSweepNanos = now + untilSweep();
            due.end(() -> allowed - outForFailures, (stats, why) -> {
                stats.forgetHealthyIntervals(healthyUntil);
                next[0] = Math.min(next[0], eject(stats, OutlierStats.Cause.FAILURES, why, now));
                outForFailures++;
                watched.add(stats);
                stats.changed.run();
            });
        }
        return Math.min(next[0], nextSweepNanos - now);
    }

    private long review(OutlierStats stats, long now, boolean belowLimit) {
        switch (stats.state()) {
            case ACTIVE -> {
                if (limits.connectFailures() > 0 && stats.connectFailures >= limits.connectFailures()) {
                    return eject(stats, OutlierStats.Cause.CONNECT, now);
                }
                if (limits.consecutiveFailures() > 0 && stats.consecutiveFailures() >= limits.consecutiveFailures()) {
                    // At the cap it stays in for now; the next sweep may find a place.
                    return belowLimit ? eject(stats, OutlierStats.Cause.FAILURES, now) : limits.intervalNanos();
                }
                return Long.MAX_VALUE;
            }
            case EJECTED -> {
                long left = stats.untilNanos() - now;
                if (left > 0) {
                    return left;
                }
                phases = phases == EjectionPolicy.EndpointStats.MAX_PHASE ? 1 : phases + 1;
                stats.halfOpen(phases);
                return stats.reviewProbe(now);
            }
            case HALF_OPEN -> {
                Outcome probe = stats.probeOutcome;
                if (probe == null) {
                    return stats.reviewProbe(now);
                }
                if (!stats.speaksAgainst(probe)) {
                    stats.readmit(now);
                    return Long.MAX_VALUE;
                }
                // A refused connection is a fact whatever the ejection began with; otherwise the cause stays, and with
                // it its place under the cap.
                return eject(
                        stats,
                        probe == Outcome.CONNECT_FAILURE && limits.connectFailures() > 0
                                ? OutlierStats.Cause.CONNECT
                                : stats.cause,
                        now);
            }
        }
        throw new AssertionError(stats.state());
    }

    private long eject(OutlierStats stats, OutlierStats.Cause cause, long now) {
        stats.forgetHealthyIntervals(now);
        return eject(stats, cause, stats.evidence(cause), now);
    }

    private long eject(OutlierStats stats, OutlierStats.Cause cause, String why, long now) {
        int times = stats.times(cause);
        boolean connect = cause == OutlierStats.Cause.CONNECT;
        long base = connect ? limits.connectBaseNanos() : limits.baseNanos();
        long max = connect ? limits.connectMaxNanos() : limits.maxNanos();
        long nanos = connect ? doublingNanos(base, max, times) : growingNanos(base, max, times);
        boolean grows = nanos < max;
        long jitter = connect ? Math.min(limits.jitterNanos(), nanos / 5) : limits.jitterNanos();
        nanos += (long) (dice.nextDouble() * jitter);
        stats.eject(cause, why, now, nanos, grows);
        return nanos;
    }

    /** How many of {@code endpoints} may be out for failures: the share rounded down, but one if the share is not 0. */
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
