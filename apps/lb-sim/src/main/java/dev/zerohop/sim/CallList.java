package dev.zerohop.sim;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The calls under way, in the order of their start, which is that of their deadlines: all have the same time, and so the first one's deadline is the only one that must be scheduled. Keeps the objects of
 * ended calls and attempts for the next ones.
 */
final class CallList extends Event {
    private final Events events;
    private final long timeoutNanos;
    private final ArrayDeque<Call> calls = new ArrayDeque<>();
    private final List<Attempt> attempts = new ArrayList<>();
    private @Nullable Call first;
    private @Nullable Call last;
    private long underWay;

    CallList(Events events, long timeoutNanos) {
        this.events = events;
        this.timeoutNanos = timeoutNanos;
    }

    /** A call that begins now. */
    Call begin() {
        Call call = calls.isEmpty() ? new Call(this) : calls.pop();
        call.startNanos = events.nowNanos();
        call.before = last;
        call.after = null;
        if (last == null) {
            first = call;
        } else {
            last.after = call;
        }
        last = call;
        underWay++;
        if (!scheduled()) {
            schedule(call);
        }
        return call;
    }

    void end(Call call) {
        Call before = call.before;
        Call after = call.after;
        if (before == null) {
            first = after;
        } else {
            before.after = after;
        }
        if (after == null) {
            last = before;
        } else {
            after.before = before;
        }
        call.client = null;
        call.attempt = null;
        underWay--;
        calls.push(call);
    }

    long underWay() {
        return underWay;
    }

    Attempt newAttempt() {
        return attempts.isEmpty() ? new Attempt(this) : attempts.remove(attempts.size() - 1);
    }

    /** Keeps it for another call. */
    void giveBack(Attempt attempt) {
        attempts.add(attempt);
    }

    private void schedule(Call call) {
        events.at(call.startNanos + timeoutNanos, this);
    }

    /** Ends what has reached its deadline. */
    @Override
    void fire() {
        long now = events.nowNanos();
        while (first != null && first.startNanos + timeoutNanos <= now) {
            Client client = first.client;
            if (client == null) {
                throw new IllegalStateException("a call without a client is under way");
            }
            client.deadline(first);
        }
        if (first != null) {
            schedule(first);
        }
    }
}
