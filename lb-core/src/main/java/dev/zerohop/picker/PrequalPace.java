package dev.zerohop.picker;

import java.time.Duration;

/** How often it is looked whether picks were made for which probes are to be sent. For tasks of the serial executor. */
final class PrequalPace {
    /** The picks of so long a time cause their probes together. */
    static final long STEP_NANOS = Duration.ofMillis(5).toNanos();

    /** As long a step becomes without picks: so late is the probe of the next. */
    private static final long LONGEST_STEP_NANOS = Duration.ofMillis(100).toNanos();

    /** A step is one part in so many of the time without picks. */
    private static final int PARTS = 4;

    /** Looks again for so long a time without picks: a client of a few calls a second would hand a task to another thread with each of them. */
    private static final long LINGER_NANOS = Duration.ofSeconds(1).toNanos();

    /** How many times the age limit of results calls may be apart, on average, for probes to be worth it. */
    private static final int RARE = 2;

    private final long limitNanos;
    private boolean picked;
    private long pickedAsOf;
    private double apartNanos;

    PrequalPace(Duration maxAge, long nowNanos) {
        this.limitNanos = maxAge.toNanos() * RARE;
        this.pickedAsOf = nowNanos;
    }

    /** So many picks were made since the step before. */
    void step(long made, long nowNanos) {
        picked = made > 0;
        if (picked) {
            double apart = Math.min(1.5 * limitNanos, (double) (nowNanos - pickedAsOf)) / made;
            apartNanos = (apartNanos + apart) / 2;
            pickedAsOf = nowNanos;
        }
    }

    /** How long the next step is. */
    long stepNanos(long nowNanos) {
        return Math.max(STEP_NANOS, Math.min(LONGEST_STEP_NANOS, (nowNanos - pickedAsOf) / PARTS));
    }

    /** Whether calls are so far apart that what a probe finds is nearly always too old for the next. One long pause does not make them so. */
    boolean isRare() {
        return apartNanos > limitNanos;
    }

    /** Whether there are no more steps until the next pick. */
    boolean isOver(long nowNanos) {
        return !picked && (isRare() || nowNanos - pickedAsOf > LINGER_NANOS);
    }
}
