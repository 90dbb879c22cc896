package dev.zerohop.okhttp;

import dev.zerohop.AttemptTrace;
import dev.zerohop.CallTrace;
import dev.zerohop.Outcome;
import java.util.concurrent.atomic.AtomicReference;
import okhttp3.Connection;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * What the application's tracer is told of an attempt of a traced call. It begins when the attempt needs the network, and not at all if the client's cache answers; whatever ends the attempt's lease
 * ends it, once. Thread-safe: a call can be cancelled at any moment.
 */
final class TracedAttempt {
    private final CallTrace call;
    private final AttemptTrace.Start start;
    private final AtomicReference<@Nullable AttemptTrace> trace = new AtomicReference<>();
    private final AtomicReference<@Nullable Outcome> outcome = new AtomicReference<>();

    /** Touched by the thread that makes the call only. */
    private boolean begun;

    private volatile @Nullable String status;

    TracedAttempt(CallTrace call, AttemptTrace.Start start) {
        this.call = call;
        this.start = start;
    }

    /** The attempt goes to the network. By the thread that makes the call; the first time counts. */
    void begin() {
        if (begun) {
            return;
        }
        begun = true;
        trace.set(call.attempt(start));
        // It may have ended meanwhile, before there was anything to end.
        Outcome early = outcome.get();
        if (early != null) {
            finish(early);
        }
    }

    /** The request is about to be sent on this connection, by the thread that makes the call, below all interceptors. */
    void sending(@Nullable Connection connection) {
        AttemptTrace open = trace.get();
        if (open != null) {
            open.entered();
            open.connected(connection == null ? null : connection.socket().getRemoteSocketAddress());
        }
    }

    /** The request with what the tracer adds to it. */
    Request told(Request request) {
        AttemptTrace open = trace.get();
        if (open == null) {
            return request;
        }
        Request.Builder[] changed = {null};
        open.headers((name, value) -> {
            if (changed[0] == null) {
                changed[0] = request.newBuilder();
            }
            changed[0].header(name, value);
        });
        return changed[0] == null ? request : changed[0].build();
    }

    /** Its headers have come; by the thread that makes the call, below all interceptors. */
    void answered(Response response, Outcome outcome) {
        String code = Integer.toString(response.code());
        status = code;
        AttemptTrace open = trace.get();
        if (open != null) {
            open.answered(outcome, code);
        }
    }

    void end(Outcome how) {
        outcome.compareAndSet(null, how);
        finish(how);
    }

    private void finish(Outcome how) {
        AttemptTrace open = trace.getAndSet(null);
        if (open != null) {
            open.ended(how, status);
        }
    }
}
