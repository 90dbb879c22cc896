package dev.zerohop.grpc;

import dev.zerohop.Endpoint;
import io.grpc.Deadline;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * A channel's last failed attempts, for calls without {@link CallMemory}: a policy cannot tell which call an attempt belongs to. A retry is matched with the
 * newest failure that has its deadline (one object per call, for calls that have one) and the attempt number before its own. Lock-free, bounded.
 */
final class RecentFailures {
    private static final int SIZE = 64;

    private final AtomicReferenceArray<@Nullable Failure> ring = new AtomicReferenceArray<>(SIZE);
    private final AtomicInteger next = new AtomicInteger();

    /** A failed attempt: its number, all endpoints that its call tried so far as known, and whether its repetition was let through. */
    static final class Failure {
        final @Nullable Deadline deadline;
        final int attempt;
        final Endpoint[] tried;
        final Status status;
        volatile boolean allowed;

        Failure(@Nullable Deadline deadline, int attempt, Endpoint[] tried, Status status) {
            this.deadline = deadline;
            this.attempt = attempt;
            this.tried = tried;
            this.status = status;
        }
    }

    void add(Failure failure) {
        ring.set(Math.floorMod(next.getAndIncrement(), SIZE), failure);
    }

    @Nullable
    Failure before(@Nullable Deadline deadline, int attempt) {
        int newest = next.get() - 1;
        for (int i = 0; i < SIZE; i++) {
            Failure failure = ring.get(Math.floorMod(newest - i, SIZE));
            if (failure != null && failure.deadline == deadline && failure.attempt == attempt - 1) {
                return failure;
            }
        }
        return null;
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
