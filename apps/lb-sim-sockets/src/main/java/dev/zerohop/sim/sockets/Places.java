package dev.zerohop.sim.sockets;

import dev.zerohop.Cancellable;
import dev.zerohop.Time;
import dev.zerohop.sim.BusyShare;
import dev.zerohop.sim.Replay.Backend;
import dev.zerohop.sim.Replay.BackendFault;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What a server does with calls: works on some at a time, for the time that each brings along, while others wait in the order in which they came. Work is a timer; no thread is held and no processor kept busy.
 * Goes on with calls whose callers have given up, as simulated servers do. Thread-safe.
 */
final class Places {
    /** How a call is answered. */
    enum Reply {
        OK,
        ERROR,
        OVERLOADED,
        /** The run is over, and the caller gone: there is nobody to answer. */
        DROPPED
    }

    /** Is called once, by any thread. */
    @FunctionalInterface
    interface Answer {
        void with(Reply reply);
    }

    /** A call without an answer yet. */
    private static final class Held {
        private final long workNanos;
        private final Answer answer;

        Held(long workNanos, Answer answer) {
            this.workNanos = workNanos;
            this.answer = answer;
        }
    }

    private final Backend backend;
    private final Time time;
    private final BusyShare busy;

    /** What is left of one run is nothing to the next: it is not in here any more. */
    private final Set<Held> held = new LinkedHashSet<>();

    private final ArrayDeque<Held> waiting = new ArrayDeque<>();
    private int working;
    private boolean running;
    private long startNanos;
    private long measureFromNanos;
    private long probes;

    Places(Backend backend, Time time) {
        this.backend = backend;
        this.time = time;
        this.busy = new BusyShare(time, backend.concurrency());
    }

    /**
     * A run begins: faults come and go from now on by its time.
     *
     * @param measureFromNanos from when on probes are counted
     */
    synchronized void begin(long measureFromNanos) {
        running = true;
        startNanos = time.nanoTime();
        this.measureFromNanos = measureFromNanos;
        probes = 0;
    }

    /**
     * The run is over, and all its callers are gone: nothing is the matter and nothing is to be done until the next one. Calls without an answer are dropped.
     *
     * @return how many probes of its load were counted
     */
    long end() {
        List<Held> dropped;
        long counted;
        synchronized (this) {
            running = false;
            working(0);
            waiting.clear();
            dropped = List.copyOf(held);
            held.clear();
            counted = probes;
            probes = 0;
        }
        dropped.forEach(call -> call.answer.with(Reply.DROPPED));
        return counted;
    }

    /** A probe of its load has come. */
    synchronized void probed() {
        if (running && time.nanoTime() - startNanos >= measureFromNanos) {
            probes++;
        }
    }

    /** The share of the places that was busy since the last time: what a simulated server reports as its CPUs. */
    synchronized double utilization() {
        return busy.sinceLastTime();
    }

    private void working(int count) {
        working = count;
        busy.set(count);
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
                    Held failing = hold(work, answer);
                    Cancellable ignored = time.schedule(fault.nanos(), () -> fail(failing, reply));
                    return;
                }
            }
            if (working < backend.concurrency()) {
                work(hold(work, answer));
                return;
            }
            if (waiting.size() < backend.queue()) {
                waiting.add(hold(work, answer));
                return;
            }
        }
        answer.with(Reply.OVERLOADED);
    }

    private Held hold(long workNanos, Answer answer) {
        Held call = new Held(workNanos, answer);
        held.add(call);
        return call;
    }

    private void fail(Held call, Reply reply) {
        synchronized (this) {
            if (!held.remove(call)) {
                return;
            }
        }
        call.answer.with(reply);
    }

    private void work(Held call) {
        working(working + 1);
        Cancellable ignored = time.schedule(call.workNanos, () -> finish(call));
    }

    private void finish(Held call) {
        synchronized (this) {
            if (!held.remove(call)) {
                return;
            }
            working(working - 1);
            Held next = waiting.poll();
            if (next != null) {
                work(next);
            }
        }
        call.answer.with(Reply.OK);
    }
}
