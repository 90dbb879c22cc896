package dev.zerohop.sim.sockets;

import dev.zerohop.Cancellable;
import dev.zerohop.Time;
import dev.zerohop.sim.Replay.Backend;
import dev.zerohop.sim.Replay.BackendFault;
import java.util.ArrayDeque;

/**
 * What a server does with calls: works on some at a time, for the time that each brings along, while others wait in the order in which they came. Work is a timer; no thread is held and no processor kept busy.
 * Goes on with calls whose callers have given up, as simulated servers do. Thread-safe.
 */
final class Places {
    /** How a call is answered. */
    enum Reply {
        OK,
        ERROR,
        OVERLOADED
    }

    /** Is called once, by any thread. */
    @FunctionalInterface
    interface Answer {
        void with(Reply reply);
    }

    private record Waiting(long workNanos, Answer answer) {}

    private final Backend backend;
    private final Time time;
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private int working;

    /** Counts the runs: what is left of one is nothing to the next. */
    private int run;

    private boolean running;
    private long startNanos;

    Places(Backend backend, Time time) {
        this.backend = backend;
        this.time = time;
    }

    /** A run begins: faults come and go from now on by its time. */
    synchronized void begin() {
        running = true;
        startNanos = time.nanoTime();
    }

    /** The run is over, and all its callers are gone: nothing is the matter and nothing is to be done until the next one. */
    synchronized void end() {
        running = false;
        run++;
        working = 0;
        waiting.clear();
    }

    /** A call has arrived. */
    void arrive(long workNanos, Answer answer) {
        Reply refused = null;
        synchronized (this) {
            long work = workNanos;
            long at = time.nanoTime() - startNanos;
            for (BackendFault fault : backend.faults()) {
                if (!running || at < fault.fromNanos() || at >= fault.toNanos()) {
                    continue;
                }
                switch (fault.effect()) {
                    case ERROR -> refused = Reply.ERROR;
                    case OVERLOADED -> refused = Reply.OVERLOADED;
                    case TAKES -> work = fault.nanos();
                }
                if (refused != null) {
                    Reply reply = refused;
                    Cancellable ignored = time.schedule(fault.nanos(), () -> answer.with(reply));
                    return;
                }
            }
            if (working < backend.concurrency()) {
                work(work, answer);
                return;
            }
            if (waiting.size() < backend.queue()) {
                waiting.add(new Waiting(work, answer));
                return;
            }
        }
        answer.with(Reply.OVERLOADED);
    }

    private void work(long nanos, Answer answer) {
        working++;
        int in = run;
        Cancellable ignored = time.schedule(nanos, () -> finish(in, answer));
    }

    private void finish(int in, Answer answer) {
        synchronized (this) {
            if (in != run) {
                return;
            }
            working--;
            Waiting next = waiting.poll();
            if (next != null) {
                work(next.workNanos(), next.answer());
            }
        }
        answer.with(Reply.OK);
    }
}
