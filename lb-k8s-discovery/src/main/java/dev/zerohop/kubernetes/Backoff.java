package dev.zerohop.kubernetes;

import dev.zerohop.Dice;
import java.time.Duration;

/** How long to wait before the API server is asked again. A pure function of its arguments. */
final class Backoff {

    private static final long FIRST_NANOS = Duration.ofMillis(250).toNanos();

    /** All clients of a cluster come back to a server that was down; a wait of 10 s keeps 1,000 of them at some 130 requests a second. */
    private static final long MAX_NANOS = Duration.ofSeconds(10).toNanos();

    /** Somebody has to grant a permission or choose fewer objects first; until then each attempt is a line in the server's audit log. */
    private static final long DENIED_NANOS = Duration.ofSeconds(30).toNanos();

    private static final double JITTER = 0.15;

    private Backoff() {}

    /** The wait after the n-th failure in a row, n from 1: half of it fixed and half drawn, so that clients that lost the same server drift apart. */
    static long nanos(KubernetesFailure failure, int failures, Dice dice) {
        long wait = switch (failure.kind()) {
            case DENIED, MISSING, TOO_MUCH -> jittered(DENIED_NANOS, dice);
            default -> {
                long grown = Math.min(MAX_NANOS, FIRST_NANOS << Math.min(Math.max(failures, 1) - 1, 10));
                yield (long) (grown * (0.5 + 0.5 * dice.nextDouble()));
            }
        };
        long asked = failure.retryAfter().toNanos();
        return asked > wait ? asked + (long) (asked * JITTER * dice.nextDouble()) : wait;
    }

    /** A duration, 15 % longer or shorter. */
    static long jittered(long nanos, Dice dice) {
        return (long) (nanos * (1 - JITTER + 2 * JITTER * dice.nextDouble()));
    }
}
