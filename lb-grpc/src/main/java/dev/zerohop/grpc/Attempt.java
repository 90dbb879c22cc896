package dev.zerohop.grpc;

import dev.zerohop.AttemptTrace;
import dev.zerohop.Lease;
import dev.zerohop.Outcome;
import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.ClientStreamTracer;
import io.grpc.Deadline;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.Status;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * One attempt, from its pick to its end. Called from the caller's thread and from the connection's at once.
 *
 * <p>A picked stream may never start: its call was cancelled while it was being picked, during the delay before a retry, or while credentials were fetched.
 * grpc says nothing of its end then. So the lease begins with the first event that only a started stream has (its first message, or its headers on
 * the wire), and of a started stream grpc always reports the end.
 */
final class Attempt extends ClientStreamTracer {
    private static final VarHandle STATE = handle("state", int.class);
    private static final VarHandle LEASE = handle("lease", Lease.class);
    private static final VarHandle SENT = handle("sent", boolean.class);
    private static final VarHandle ANSWERED = handle("answered", boolean.class);
    private static final VarHandle FINISHED_BY_SERVER = handle("finishedByServer", boolean.class);

    private static final int PICKED = 0;
    private static final int STARTING = 1;
    private static final int STARTED = 2;
    private static final int CLOSED = 3;

    private static VarHandle handle(String field, Class<?> type) {
        try {
            return MethodHandles.lookup().findVarHandle(Attempt.class, field, type);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final Attempts.Start start;
    private final @Nullable CallAttempts memory;
    private final CallOptions options;
    private final Repetition repetition;

    /** The earlier one of the deadlines of the call's options and of its context. */
    private final @Nullable Deadline deadline;

    private final boolean deposits;
    private Connections.@Nullable Connection connection;
    private int losses;
    private @Nullable Metadata trailers;
    private @Nullable AttemptTrace trace;

    @SuppressWarnings("unused")
    private volatile int state;

    // Written with release: a full fence for each event of a call would cost more than all the rest of it.
    // What must be seen across threads is ordered by the exchanges of the state.
    private volatile @Nullable Lease lease;

    /** Set only if the end came while the lease was being made. */
    private volatile @Nullable Outcome outcome;

    private volatile boolean sent;
    private volatile boolean answered;
    private volatile boolean finishedByServer;

    Attempt(
            Attempts.Start start,
            @Nullable CallAttempts memory,
            CallOptions options,
            Repetition repetition,
            @Nullable Deadline deadline,
            boolean deposits) {
        this.start = start;
        this.memory = memory;
        this.options = options;
        this.repetition = repetition;
        this.deadline = deadline;
        this.deposits = deposits;
    }

    /** Before anything happens to it. */
    void tracedBy(AttemptTrace told) {
        trace = told;
    }

    // ---- the start ----

    @Override
    public void streamCreated(Attributes transport, Metadata headers) {
        connection = start.connections().of(transport);
        if (trace != null) {
            // Before the stream starts, and so before its end, which may come on another thread.
            trace.connected(transport.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR));
        }
    }

    @Override
    public void outboundMessage(int seqNo) {
        begin();
        progress();
    }

    @Override
    public void outboundHeaders() {
        SENT.setRelease(this, true);
        begin();
    }

    private void begin() {
        if (state != PICKED || !STATE.compareAndSet(this, PICKED, STARTING)) {
            return;
        }
        Connections.Connection on = connection;
        losses = on == null ? 0 : on.losses();
        Lease begun = start.owner().begin(start, deposits);
        LEASE.setRelease(this, begun);
        if (!STATE.compareAndSet(this, STARTING, STARTED)) {
            // The end came between the two. One of both threads sees what the other has written, or both do.
            lease = begun;
            Outcome ended = outcome;
            if (ended != null) {
                start.owner().complete(begun, ended);
            }
        }
    }

    // ---- what passes ----

    @Override
    public void inboundHeaders() {
        answered();
    }

    @Override
    public void inboundMessage(int seqNo) {
        answered();
        progress();
    }

    @Override
    public void outboundMessageSent(int seqNo, long optionalWireSize, long optionalUncompressedSize) {
        progress();
    }

    private void answered() {
        if (!answered) {
            ANSWERED.setRelease(this, true);
            Lease open = lease;
            if (open != null) {
                start.owner().answered(open);
            }
        }
    }

    private void progress() {
        Lease open = lease;
        if (open != null) {
            open.progress();
        }
    }

    @Override
    public void inboundTrailers(Metadata given) {
        FINISHED_BY_SERVER.setRelease(this, true);
        Lease open = lease;
        if (open != null && open.wantsLoadReport()) {
            start.owner().reported(open, given);
        }
        if (memory != null && !given.keys().isEmpty()) {
            Metadata copy = new Metadata();
            copy.merge(given);
            trailers = copy;
        }
    }

    // ---- the end ----

    @Override
    public void streamClosed(Status status) {
        int was = (int) STATE.getAndSet(this, CLOSED);
        if (was == CLOSED) {
            return;
        }
        // Of a stream that never started, and of one that the caller ended, there is nothing to repeat.
        boolean failed = !status.isOk() && status.getCode() != Status.Code.CANCELLED;
        Outcome ended = null;
        if (was != PICKED) {
            ended = outcomeOf(status);
            if (was == STARTING) {
                outcome = ended;
            }
            failed = ended != Outcome.SUCCESS && ended != Outcome.CANCELLED;
            Lease open = lease;
            if (open != null) {
                start.owner().complete(open, ended);
            }
            if (trace != null) {
                trace.ended(ended, status.getCode().name());
            }
        }
        if (memory != null) {
            if (memory.end(start.node().endpoint(), status, trailers, ended)) {
                start.owner().republish();
            }
        } else if (failed) {
            start.owner()
                    .failed(options, repetition, start.before(), start.node().endpoint(), status, ended);
        }
    }

    private Outcome outcomeOf(Status status) {
        boolean late = deadline != null && deadline.isExpired();
        Outcome ended = Outcomes.of(status, sent, answered, finishedByServer, late);
        Connections.Connection on = connection;
        if (ended == Outcome.TRANSPORT_FAILURE
                && Outcomes.ofConnection(status)
                && on != null
                && !on.isFirstLoss(losses)) {
            return Outcome.CONNECTION_LOST;
        }
        return ended;
    }
}
