package dev.zerohop.watch;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Dice;
import java.time.Duration;

/**
 * The time until the next attempt to reach a store: doubled with each failure in a row, with jitter. Immutable, thread-safe.
 *
 * @param first the wait after the first failure
 * @param max the longest wait
 * @param spread which part of a wait is drawn
 * @param denied the wait where a permission is missing, or the thing itself: each attempt until then is a line in the server's log
 */
public record Backoff(Duration first, Duration max, Spread spread, Duration denied) {

    /** Timers of clients that were started together are this share longer or shorter. */
    private static final double JITTER = 0.15;

    /** A server that asks for more is asked again after that: nothing of its is to stop a watch for good. */
    private static final Duration MOST_ASKED_FOR = Duration.ofMinutes(5);

    /** Which part of a wait is drawn. */
    public enum Spread {
        /** 15 % more or less. */
        JITTERED,
        /** Half of it: for servers to which all clients of a cluster come back at once. */
        HALF
    }

    /** Checks for null. */
    public Backoff {
        requireNonNull(first, "first");
        requireNonNull(max, "max");
        requireNonNull(spread, "spread");
        requireNonNull(denied, "denied");
    }

    /** The wait in nanoseconds after the n-th failure in a row, n from 1; never shorter than what the server asked for, of which 5 minutes count. */
    public long nanos(SourceFailure failure, int failures, Dice dice) {
        long wait = failure.needsAnOperator() ? jittered(denied.toNanos(), dice) : grown(failures, dice);
        Duration wish = failure.retryAfter();
        long asked = (wish.compareTo(MOST_ASKED_FOR) < 0 ? wish : MOST_ASKED_FOR).toNanos();
        return asked > wait ? asked + (long) (asked * JITTER * dice.nextDouble()) : wait;
    }

    private long grown(int failures, Dice dice) {
        long wait = Math.min(max.toNanos(), first.toNanos() << Math.min(Math.max(failures, 1) - 1, 10));
        return spread == Spread.HALF ? (long) (wait * (0.5 + 0.5 * dice.nextDouble())) : jittered(wait, dice);
    }

    /** The same with another wait where a permission is missing. */
    public Backoff withDenied(Duration wait) {
        return new Backoff(first, max, spread, wait);
    }

    /** A duration in nanoseconds, 15 % longer or shorter. */
    public static long jittered(long nanos, Dice dice) {
        return (long) (nanos * (1 - JITTER + 2 * JITTER * dice.nextDouble()));
    }
}
