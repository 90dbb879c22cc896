package dev.zerohop.sim.sockets;

import dev.zerohop.sim.Recording;
import dev.zerohop.sim.Replay;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Begins each call at its intended instant, whatever became of those before, and waits until all have ended. For one thread. */
final class OpenLoop {
    /** Beyond their deadlines, for calls that a busy machine is late to end. */
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final Replay replay;
    private final Clients clients;
    private final Object lock = new Object();
    private long underWay;
    private long latestNanos;

    OpenLoop(Replay replay, Clients clients) {
        this.replay = replay;
        this.clients = clients;
    }

    /**
     * Makes the calls that are to begin before {@code endNanos}.
     *
     * @throws InterruptedException if the thread is interrupted; no more calls begin then
     */
    void run(Replay.Calls calls, long endNanos, Recording recording) throws InterruptedException {
        long start = System.nanoTime();
        Replay.PlannedCall call = calls.next();
        while (call != null && call.atNanos() < endNanos) {
            long intended = start + call.atNanos();
            await(intended);
            latestNanos = Math.max(latestNanos, System.nanoTime() - intended);
            synchronized (lock) {
                underWay++;
            }
            clients.call(new RunningCall(call, recording, start, replay.timeoutNanos(), this::ended));
            call = calls.next();
        }
        awaitEnds(System.nanoTime() + replay.timeoutNanos() + PATIENCE_NANOS);
    }

    /** By how much the call that began latest was late: what a busy machine did. */
    long latestNanos() {
        return latestNanos;
    }

    private static void await(long intended) throws InterruptedException {
        long wait = intended - System.nanoTime();
        while (wait > 0) {
            LockSupport.parkNanos(wait);
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            wait = intended - System.nanoTime();
        }
    }

    private void ended() {
        synchronized (lock) {
            underWay--;
            lock.notifyAll();
        }
    }

    private void awaitEnds(long until) throws InterruptedException {
        synchronized (lock) {
            while (underWay > 0) {
                long left = until - System.nanoTime();
                if (left <= 0) {
                    throw new IllegalStateException(underWay + " calls did not end by their deadline");
                }
                TimeUnit.NANOSECONDS.timedWait(lock, left);
            }
        }
    }
}
