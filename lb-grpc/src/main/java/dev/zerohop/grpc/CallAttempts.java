package dev.zerohop.grpc;

import dev.zerohop.CallTrace;
import dev.zerohop.Endpoint;
import dev.zerohop.Outcome;
import dev.zerohop.Refusal;
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
    private int heldHedge;
    private boolean decided;
    private @Nullable CallTrace trace;
    private volatile @Nullable Thread starting;
    private @Nullable Status lastFailure;
    private @Nullable FailedAttempt failed;
    private @Nullable Metadata lastTrailers;
    private @Nullable Status refusedWith;
    private @Nullable Ending ending;

    // What is still to be reported of the call; see CallEvents.
    private volatile @Nullable CallEvents events;
    private volatile @Nullable CallWaits waits;
    private @Nullable EndedAttempt undecided;
    private @Nullable Refusal refusal;
    private @Nullable Status refusalStatus;

    /** How a call ends that was refused by a picker: gRPC lets pickers use a few status codes only and gives them no trailers. */
    record Ending(Status status, Metadata trailers) {}

    Endpoint[] tried() {
        return tried;
    }

    /** The call is about to start in this thread, and this is told of it. Before the first attempt. */
    void traced(CallTrace told) {
        trace = told;
        starting = Thread.currentThread();
    }

    /** What is told of the call; null if it is not traced. */
    @Nullable
    CallTrace trace() {
        return trace;
    }

    /** The first attempt is being made, below all interceptors: in the thread that started the call, unless the channel had no answer of its resolver yet. */
    void entered() {
        CallTrace told = trace;
        if (told != null && starting == Thread.currentThread()) {
            starting = null;
            told.entered();
        }
    }

    void started() {
        starting = null;
    }

    /** An attempt was given an endpoint. Returns its number, 1 for the first of the call. */
    synchronized int begin(Endpoint endpoint, CallEvents reporter) {
        events = reporter;
        Endpoint[] before = tried;
        Endpoint[] after = Arrays.copyOf(before, before.length + 1);
        after[before.length] = endpoint;
        tried = after;
        running++;
        return after.length;
    }

    /**
     * An attempt ended. Returns whether a hedge that was held back must be looked at again, since no other attempt is left.
     *
     * @param outcome how it was counted; null if it never began
     */
    synchronized boolean end(Endpoint endpoint, Status status, @Nullable Metadata trailers, @Nullable Outcome outcome) {
        running--;
        if (status.isOk()) {
            // grpc commits the call to this attempt once its tracers have been called; a hedge that is dropped before
            // would take its place.
            decided = true;
            return false;
        }
        lastFailure = status;
        lastTrailers = trailers;
        failed = FailedAttempt.after(failed, endpoint, status);
        undecided = outcome == null ? null : new EndedAttempt(endpoint, outcome);
        return hedgeWaits && running == 0;
    }

    /** An attempt ended without an endpoint. Returns the same as {@link #end}. */
    synchronized boolean refused(Status status) {
        lastFailure = status;
        undecided = null;
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

    /** Returns whether this hedge was not held back before: its pick is repeated at each change. */
    synchronized boolean holdHedge(int attempt) {
        hedgeWaits = true;
        boolean first = attempt > heldHedge;
        heldHedge = Math.max(heldHedge, attempt);
        return first;
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
        if (lastFailure == refusalStatus) {
            refusalStatus = picker;
        }
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

    // ---- for CallEvents ----

    /** Sets what reports what is known here when the call ends. Returns the waits, for there may be one. */
    synchronized CallWaits reportsTo(CallEvents reporter) {
        events = reporter;
        CallWaits known = waits;
        if (known == null) {
            known = new CallWaits();
            waits = known;
        }
        return known;
    }

    @Nullable
    CallWaits waits() {
        return waits;
    }

    /** The last attempt that failed, if nothing was decided of it yet; something is now. */
    synchronized @Nullable EndedAttempt takeUndecided() {
        EndedAttempt last = undecided;
        undecided = null;
        return last;
    }

    /** An attempt was refused with this status. */
    synchronized void refusedBy(Refusal why, Status status) {
        refusal = why;
        refusalStatus = status;
    }

    /** Why the call ended, if it ended by a refusal. */
    synchronized @Nullable Refusal refusalOf(Status status) {
        return refusalStatus == status ? refusal : null;
    }

    /** The transport repeats the last attempt of its own accord. */
    void repeatedByTransport() {
        CallEvents reporter = events;
        if (reporter != null) {
            reporter.decided(trace, takeUndecided(), RetryVerdict.GRANTED);
        }
    }

    /** The call ended, with a status of the channel's. */
    void ended(Status status) {
        CallEvents reporter = events;
        if (reporter != null) {
            reporter.ended(this, status);
        }
    }
}
