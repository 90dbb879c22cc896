package dev.zerohop.benchmarks.endtoend;

import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * Calls at a fixed rate, whether or not those before them have ended. The latency of a call counts from the instant at which it was due, so that a stall
 * counts for every call that it delays.
 */
final class OpenLoop {
    private final GrpcArm arm;
    private final double callsPerSecond;

    OpenLoop(GrpcArm arm, double callsPerSecond) {
        this.arm = arm;
        this.callsPerSecond = callsPerSecond;
    }

    /** The latencies in nanoseconds, ascending. */
    long[] run(long nanos) throws InterruptedException {
        double apart = 1e9 / callsPerSecond;
        int count = (int) (nanos / apart);
        long[] latencies = new long[count];
        AtomicInteger ended = new AtomicInteger();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        CountDownLatch all = new CountDownLatch(count);
        long start = System.nanoTime();
        for (int i = 0; i < count; i++) {
            long due = start + (long) (i * apart);
            for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
                LockSupport.parkNanos(wait);
            }
            arm.call(
                    () -> {
                        latencies[ended.getAndIncrement()] = System.nanoTime() - due;
                        all.countDown();
                    },
                    cause -> {
                        failure.set(cause);
                        all.countDown();
                    });
        }
        all.await();
        if (failure.get() != null) {
            throw new IllegalStateException(arm.name() + ": a call failed", failure.get());
        }
        Arrays.sort(latencies);
        return latencies;
    }

    /** A quantile of ascending values. */
    static long quantile(long[] ascending, double share) {
        return ascending[Math.min(ascending.length - 1, (int) (ascending.length * share))];
    }
}
