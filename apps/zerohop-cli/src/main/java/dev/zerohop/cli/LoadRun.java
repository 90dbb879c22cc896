package dev.zerohop.cli;

import dev.zerohop.Env;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Sends calls and counts their results: either a fixed number at once (closed loop), or each at its intended instant regardless of earlier ones (open loop).
 * In an open loop the latency counts from that instant, so it includes the time that a call had to wait.
 */
final class LoadRun {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    /** The pause after a call without an endpoint; a closed loop would spin otherwise. */
    private static final long NO_ENDPOINT_PAUSE = TimeUnit.MILLISECONDS.toNanos(10);

    private final Caller caller;
    private final LoadPlan plan;
    private final Semaphore slots;
    private final Object lock = new Object();
    private final CallStats total = new CallStats();
    private CallStats second = new CallStats();
    private volatile boolean stopped;
    private volatile @Nullable Thread sender;

    LoadRun(Caller caller, LoadPlan plan) {
        this.caller = caller;
        this.plan = plan;
        this.slots = new Semaphore(plan.concurrency());
    }

    /** Sends the planned calls and waits until all have ended, at most the plan's timeout longer. */
    CallStats run() throws InterruptedException {
        sender = Thread.currentThread();
        long start = System.nanoTime();
        long end = plan.durationNanos() == Long.MAX_VALUE ? Long.MAX_VALUE : start + plan.durationNanos();
        for (long i = 0; i < plan.count() && !stopped; i++) {
            long intended = plan.perSecond() == 0 ? 0 : start + (long) (i * (SECOND / plan.perSecond()));
            if (intended != 0 && !sleepUntil(Math.min(intended, end))) {
                break;
            }
            if (!takeSlot(end)) {
                break;
            }
            long begin = intended == 0 ? System.nanoTime() : intended;
            if (begin - end >= 0 && end != Long.MAX_VALUE) {
                slots.release();
                break;
            }
            send(i, begin);
        }
        slots.tryAcquire(plan.concurrency(), plan.timeoutNanos() + SECOND, TimeUnit.NANOSECONDS);
        synchronized (lock) {
            return total;
        }
    }

    /** Begins no more calls; those under way are still waited for. */
    void stop() {
        stopped = true;
        LockSupport.unpark(sender);
    }

    /** The calls that ended since the last invocation. */
    CallStats takeSecond() {
        synchronized (lock) {
            CallStats taken = second;
            second = new CallStats();
            return taken;
        }
    }

    private void send(long index, long begin) {
        caller.call(plan.keys().key(index), result -> {
            long latency = System.nanoTime() - begin;
            synchronized (lock) {
                total.add(result, latency);
                second.add(result, latency);
            }
            if (plan.perSecond() == 0 && "NO_ENDPOINT".equals(result.error())) {
                Env.system().time().schedule(NO_ENDPOINT_PAUSE, slots::release);
            } else {
                slots.release();
            }
        });
    }

    private boolean takeSlot(long end) throws InterruptedException {
        while (!stopped) {
            long wait = end == Long.MAX_VALUE ? SECOND / 10 : Math.min(SECOND / 10, end - System.nanoTime());
            if (slots.tryAcquire(Math.max(0, wait), TimeUnit.NANOSECONDS)) {
                return true;
            }
            if (wait <= 0) {
                return false;
            }
        }
        return false;
    }

    private boolean sleepUntil(long instant) {
        long wait = instant - System.nanoTime();
        while (wait > 0 && !stopped) {
            LockSupport.parkNanos(wait);
            wait = instant - System.nanoTime();
        }
        return !stopped;
    }
}
