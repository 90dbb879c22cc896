package dev.zerohop.grpc;

import dev.zerohop.Endpoint;
import io.grpc.CallOptions;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What the attempts of one call know of each other. Carried in the call's options by {@link CallInterceptor}. Thread-safe: hedges run at once. */
final class CallAttempts {
    static final CallOptions.Key<CallAttempts> KEY = CallOptions.Key.create("zerohop-call-memory");

    private static final Endpoint[] NONE = {};

    private volatile Endpoint[] tried = NONE;
    private int running;
    private int allowed;
    private boolean hedgeWaits;
    private boolean decided;
    private @Nullable Status lastFailure;
    private @Nullable FailedAttempt failed;
    private @Nullable Metadata lastTrailers;
    private @Nullable Status refusedWith;
    private @Nullable Ending ending;

    /** How a call ends that was refused by a picker: gRPC lets pickers use a few status codes only and gives them no trailers. */
    record Ending(Status status, Metadata trailers) {}

    Endpoint[] tried() {
        return tried;
    }

    /** An attempt was given an endpoint. Returns whether it is the first of the call. */
    synchronized boolean begin(Endpoint endpoint) {
        Endpoint[] before = tried;
        Endpoint[] after = Arrays.copyOf(before, before.length + 1);
        after[before.length] = endpoint;
        tried = after;
        running++;
        return before.length == 0;
    }

    /** An attempt ended. Returns whether a hedge that was held back must be looked at again, since no other attempt is left. */
    synchronized boolean end(Endpoint endpoint, Status status, @Nullable Metadata trailers) {
        running--;
        if (status.isOk()) {
            // grpc commits the call to this attempt once its tracers have been called; a hedge that is dropped before
            // would
            // take its place.
            decided = true;
            return false;
        }
        lastFailure = status;
        lastTrailers = trailers;
        failed = FailedAttempt.after(failed, endpoint, status);
        return hedgeWaits && running == 0;
    }

    /** An attempt ended without an endpoint. Returns the same as {@link #end}. */
    synchronized boolean refused(Status status) {
        lastFailure = status;
        lastTrailers = null;
        return hedgeWaits && running == 0;
    }

    /** Whether the attempt being picked is a hedge beside others: beside one that is under way, that waits for an endpoint, or that has ended the call well. */
    synchronized boolean isHedge() {
        return running > 0 || decided || lastFailure == null;
    }

    /** Whether attempt number {@code attempt} was let through before: the pick of an attempt may be repeated. */
    synchronized boolean wasAllowed(int attempt) {
        return attempt <= allowed;
    }

    synchronized void allow(int attempt) {
        allowed = Math.max(allowed, attempt);
    }

    synchronized void holdHedge() {
        hedgeWaits = true;
    }

    synchronized @Nullable Status lastFailure() {
        return lastFailure;
    }

    /** The last attempt that had an endpoint and failed; null if none has. */
    synchronized @Nullable FailedAttempt failed() {
        return failed;
    }

    /** The call is to end as its last attempt did, although the picker can only say {@code picker}. */
    synchronized void endAsBefore(Status picker, Status wanted) {
        refusedWith = picker;
        Metadata trailers = lastTrailers;
        ending = new Ending(wanted, trailers == null ? new Metadata() : trailers);
    }

    /** The call is to end with {@code wanted}, although the picker can only say {@code picker}. */
    synchronized void endWith(Status picker, Status wanted) {
        refusedWith = picker;
        ending = new Ending(wanted, new Metadata());
    }

    /** What the caller gets instead of {@code status}; null if the status is not the picker's. */
    synchronized @Nullable Ending endingFor(Status status) {
        return refusedWith == status ? ending : null;
    }
}
