package dev.zerohop.grpc;

import dev.zerohop.Endpoint;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * An attempt that failed at an endpoint, behind those of the same call that failed before it. Put into words only when a call's failure is reported.
 *
 * @param number 1 for the first that failed
 */
record FailedAttempt(
        Endpoint endpoint, Status status, @Nullable FailedAttempt before, int number) {
    /** A few are enough to see a pattern. */
    private static final int NAMED = 5;

    static FailedAttempt after(@Nullable FailedAttempt before, Endpoint endpoint, Status status) {
        return new FailedAttempt(endpoint, status, before, before == null ? 1 : before.number + 1);
    }

    /** Every attempt with its endpoint and cause; the last five of many. */
    String text() {
        return before == null ? describe() : "failed in " + number + " attempts: " + list(NAMED);
    }

    /** For the end of a message about this attempt: those before it; empty if there is none. */
    String earlier() {
        return before == null ? "" : "; before it: " + before.list(NAMED);
    }

    private String list(int most) {
        String own = number + ". " + describe();
        if (before == null) {
            return own;
        }
        return most == 1 ? "... " + own : before.list(most - 1) + "; " + own;
    }

    private String describe() {
        return Causes.describe(endpoint, status);
    }
}
