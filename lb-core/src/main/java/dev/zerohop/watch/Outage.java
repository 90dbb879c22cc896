package dev.zerohop.watch;

import dev.zerohop.Env;
import dev.zerohop.Log;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** How often in a row a store could not be asked, why, and when to ask again. For one thread at a time. */
final class Outage {
    private static final Log LOG = Log.of(Reflector.class);

    private final ListWatch<?, ?> source;
    private final WatchPolicy policy;
    private final Env env;
    private final Set<List<Object>> logged = new HashSet<>();
    private @Nullable SourceFailure problem;
    private int failures;

    Outage(ListWatch<?, ?> source, WatchPolicy policy, Env env) {
        this.source = source;
        this.policy = policy;
        this.env = env;
    }

    /** What was reported and still holds. */
    @Nullable
    SourceFailure problem() {
        return problem;
    }

    /** How many attempts have failed in a row. */
    int failures() {
        return failures;
    }

    /** A watch was a good one: the next failure is the first in a row. */
    void forgive() {
        failures = 0;
    }

    /** Whether this failure, of a watch or of a list, need not be reported unless the next attempt fails too. */
    boolean isQuiet(SourceFailure cause, boolean watching) {
        boolean passing = watching
                ? cause.kind() != SourceFailure.Kind.DENIED && cause.kind() != SourceFailure.Kind.CLOSED
                : cause.kind() == SourceFailure.Kind.EXPIRED;
        return passing && problem == null && failures < policy.quietLosses;
    }

    void failedQuietly(SourceFailure cause) {
        LOG.debug("{}: listing again: {}", source, cause.getMessage());
        failures++;
    }

    /** Logs each kind of failure once until the store answers again: an outage may go through several, over and over. */
    void failed(SourceFailure cause, boolean known) {
        failures++;
        problem = cause;
        if (logged.add(List.of(cause.kind(), cause.code()))) {
            LOG.warn("{}: {}; {}", source, cause.getMessage(), known ? "the last state stays" : "nothing known yet");
        }
    }

    /** The store answers; says whether it did not before. */
    boolean over() {
        if (problem == null) {
            return false;
        }
        LOG.info("{} answers again", source);
        problem = null;
        logged.clear();
        return true;
    }

    /** The wait before the next attempt. */
    long waitNanos(SourceFailure cause, boolean known) {
        boolean lost =
                failures == 1 && known && cause.kind() == SourceFailure.Kind.UNREACHABLE && !policy.lossSpread.isZero();
        return lost
                ? (long) (policy.lossSpread.toNanos() * env.dice().nextDouble())
                : policy.backoff.nanos(cause, failures, env.dice());
    }

    SourceFailure endedAtOnce() {
        return new SourceFailure(
                SourceFailure.Kind.EXPIRED, source + ": the server ended the watch as soon as it began");
    }

    SourceFailure tooMuch() {
        return new SourceFailure(SourceFailure.Kind.TOO_MUCH, source.tooMuch(policy.maxSize));
    }

    SourceFailure overdue(String verb, Duration limit) {
        return new SourceFailure(SourceFailure.Kind.UNREACHABLE, source.overdue(verb, limit));
    }

    SourceFailure of(Throwable thrown) {
        Throwable cause =
                thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        return cause instanceof SourceFailure failure
                ? failure
                : new SourceFailure(SourceFailure.Kind.UNREACHABLE, source + " could not be followed: " + cause, cause);
    }
}
