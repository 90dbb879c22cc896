package dev.zerohop.grpc;

import dev.zerohop.Endpoint;
import io.grpc.CallOptions;
import io.grpc.Deadline;
import io.grpc.Status;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * A channel's last failed attempts, for calls without {@link CallAttempts}: a policy does not see which call an attempt belongs to. A retry is matched with the
 * newest failure that shares its deadline and executor (one object per call where a call has one, and for blocking stubs) and that its header continues.
 * Lock-free, bounded.
 */
final class RecentFailures {
    private static final int SIZE = 64;

    private final AtomicReferenceArray<@Nullable Failure> ring = new AtomicReferenceArray<>(SIZE);
    private final AtomicInteger next = new AtomicInteger();

    /** A failed attempt: its number, all endpoints that its call tried so far as known, and whether its repetition was let through. */
    static final class Failure {
        final @Nullable Deadline deadline;
        final @Nullable Executor executor;
        final Repetition attempt;
        final Endpoint[] tried;
        final Status status;

        /** The last attempt that had an endpoint. */
        final FailedAttempt failed;

        /** How this attempt was counted; null if it had no endpoint, or never began. */
        final @Nullable EndedAttempt ended;

        volatile boolean allowed;

        Failure(
                CallOptions options,
                Repetition attempt,
                Endpoint[] tried,
                FailedAttempt failed,
                Status status,
                @Nullable EndedAttempt ended) {
            this.deadline = options.getDeadline();
            this.executor = options.getExecutor();
            this.attempt = attempt;
            this.tried = tried;
            this.status = status;
            this.failed = failed;
            this.ended = ended;
        }

        boolean isBefore(CallOptions options, Repetition next) {
            return deadline == options.getDeadline() && executor == options.getExecutor() && next.continues(attempt);
        }
    }

    void add(Failure failure) {
        ring.set(Math.floorMod(next.getAndIncrement(), SIZE), failure);
    }

    @Nullable
    Failure before(CallOptions options, Repetition attempt) {
        int newest = next.get() - 1;
        for (int i = 0; i < SIZE; i++) {
            Failure failure = ring.get(Math.floorMod(newest - i, SIZE));
            if (failure != null && failure.isBefore(options, attempt)) {
                return failure;
            }
        }
        return null;
    }

    /** The repetition found no endpoint either: the next one of the call follows it, and goes on from what is known. */
    void refused(Failure before, CallOptions options, Repetition attempt, Status status) {
        settle(before);
        add(new Failure(options, attempt, before.tried, before.failed, status, null));
    }

    /** The repetition has begun; the next one belongs to another failure. */
    void settle(Failure failure) {
        for (int i = 0; i < SIZE; i++) {
            if (ring.compareAndSet(i, failure, null)) {
                return;
            }
        }
    }
}
