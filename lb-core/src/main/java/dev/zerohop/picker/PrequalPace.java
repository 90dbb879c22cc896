package dev.zerohop.picker;

import java.time.Duration;

/** Decides when to look again for picks whose probes are still to be sent: every few milliseconds while picks are made, then less and less often. For tasks of the serial executor. */
final class PrequalPace {
    /** The shortest step. Probes of all picks within a step leave together. */
    static final long STEP_NANOS = Duration.ofMillis(5).toNanos();

    /** The longest step, when no picks were made for a while. The probes of the next pick are late by that much at most. */
    private static final long LONGEST_STEP_NANOS = Duration.ofMillis(100).toNanos();

    /** A step is one part in this many of the time since the last pick. */
    private static final int PARTS = 4;

    /** How long steps go on without picks. Without it each call of a client that makes a few a second would hand a task to another thread. */
    private static final long LINGER_NANOS = Duration.ofSeconds(1).toNanos();

    /** Probes are sent while calls are at most this many age limits of a result apart, on average. */
    private static final int RARE = 2;

    private final long limitNanos;
    private boolean picked;
    private long lastPickNanos;
    private double meanGapNanos;

    PrequalPace(Duration maxAge, long nowNanos) {
        this.limitNanos = maxAge.toNanos() * RARE;
        this.lastPickNanos = nowNanos;
    }

    /** Notes how many picks were made since the step before. */
    void step(long made, long nowNanos) {
        picked = made > 0;
        if (picked) {
            double gap = Math.min(1.5 * limitNanos, (double) (nowNanos - lastPickNanos)) / made;
            meanGapNanos = (meanGapNanos + gap) / 2;
            lastPickNanos = nowNanos;
        }
    }

    /** How long the next step is. */
    long stepNanos(long nowNanos) {
        return Math.max(STEP_NANOS, Math.min(LONGEST_STEP_NANOS, (nowNanos - lastPickNanos) / PARTS));
    }

    /** Whether calls are so far apart that what a probe finds is nearly always too old for the next call. One long pause is not enough. */
    boolean isRare() {
        return meanGapNanos > limitNanos;
    }

    /** Whether there are no more steps until the next pick. */
    boolean isOver(long nowNanos) {
        return !picked && (isRare() || nowNanos - lastPickNanos > LINGER_NANOS);
    }
}
