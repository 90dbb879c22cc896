package dev.zerohop.etcd;

import dev.zerohop.Dice;
import java.time.Duration;

/** How long to wait before etcd is asked again. A pure function of its arguments. */
final class Backoff {

    private static final long FIRST_NANOS = Duration.ofMillis(100).toNanos();

    /** Changes must arrive within 3 s of etcd answering again, so the wait ends below that. */
    private static final long MAX_NANOS = Duration.ofSeconds(2).toNanos();

    /** Somebody has to grant a permission or remove keys first; until then each attempt is a line in etcd's log. */
    static final Duration DENIED = Duration.ofSeconds(30);

    /** A member that dies is lost by thousands of clients at one instant, each of which reads all of its copy again. */
    private static final Duration SPREAD = Duration.ofMillis(1_500);

    /** Clients that lost the same server drift apart by this share in either direction. */
    private static final double JITTER = 0.15;

    private Backoff() {}

    /** The wait of a client that has a state and lost its member: clients that lost the same one are spread over this time. */
    static long spreadNanos(Dice dice) {
        return (long) (SPREAD.toNanos() * dice.nextDouble());
    }

    /** The wait after the n-th failure in a row, n from 1. */
    static long nanos(EtcdFailure.Kind kind, int failures, Dice dice) {
        return nanos(kind, failures, DENIED, dice);
    }

    /** The same with another wait for what is not allowed. */
    static long nanos(EtcdFailure.Kind kind, int failures, Duration denied, Dice dice) {
        if (kind == EtcdFailure.Kind.DENIED || kind == EtcdFailure.Kind.TOO_MUCH) {
            return jittered(denied.toNanos(), dice);
        }
        return jittered(Math.min(MAX_NANOS, FIRST_NANOS << Math.min(failures - 1, 10)), dice);
    }

    /** A duration, 15 % longer or shorter. */
    static long jittered(long nanos, Dice dice) {
        return (long) (nanos * (1 - JITTER + 2 * JITTER * dice.nextDouble()));
    }
}
