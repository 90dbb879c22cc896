package dev.zerohop.retry;

import dev.zerohop.RetryBudget;
import dev.zerohop.Time;
import dev.zerohop.internal.Durations;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Two totals that only grow, and what they were at the beginning of each of the last slices of time: what lies between is the window. Deposits, one
 * per call, go to a striped counter; a withdrawal, one per retry, is a compare-and-set on its total, so that no two retries are paid
 * with the same token. Nothing is allocated but one small window per slice in which there was a call.
 */
final class WindowedBudget implements RetryBudget {
    private static final int SLICES = 10;
    private static final VarHandle WINDOW;

    static {
        try {
            WINDOW = MethodHandles.lookup().findVarHandle(WindowedBudget.class, "window", Window.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final int percent;
    private final long reserve;
    private final long sliceNanos;
    private final Time time;
    private final long startNanos;
    private final LongAdder deposits = new LongAdder();
    private final AtomicLong withdrawals = new AtomicLong();
    private volatile Window window;

    /** The totals when each of the last slices began; the slot of slice {@code n} is {@code n % SLICES}. The slice ends at {@code endNanos}. Its arrays never change once it is published. */
    @SuppressWarnings("ArrayRecordComponent")
    private record Window(long slice, long endNanos, long[] deposited, long[] withdrawn) {

        Window advanced(long to, long endNanos, long depositedNow, long withdrawnNow) {
            long[] in = deposited.clone();
            long[] out = withdrawn.clone();
            for (long slice = Math.max(this.slice + 1, to - SLICES + 1); slice <= to; slice++) {
                in[(int) (slice % SLICES)] = depositedNow;
                out[(int) (slice % SLICES)] = withdrawnNow;
            }
            return new Window(to, endNanos, in, out);
        }

        private int oldest() {
            return (int) ((slice + 1) % SLICES);
        }

        long depositedBefore() {
            return deposited[oldest()];
        }

        long withdrawnBefore() {
            return withdrawn[oldest()];
        }
    }

    WindowedBudget(int percent, int minPerSecond, long ttlNanos, Time time) {
        this.percent = percent;
        this.reserve = (long) (minPerSecond * (ttlNanos / 1e9));
        this.sliceNanos = ttlNanos / SLICES;
        this.time = time;
        this.startNanos = time.nanoTime();
        this.window = new Window(0, startNanos + sliceNanos, new long[SLICES], new long[SLICES]);
    }

    @Override
    public void deposit() {
        current();
        deposits.increment();
    }

    @Override
    public boolean tryWithdraw() {
        while (true) {
            // Read first: whatever is withdrawn after this makes the exchange below fail.
            long out = withdrawals.get();
            Window now = current();
            long spent = out - now.withdrawnBefore();
            long earned = deposits.sum() - now.depositedBefore();
            if ((spent + 1) * 100 > earned * percent + reserve * 100) {
                return false;
            }
            if (withdrawals.compareAndSet(out, out + 1)) {
                return true;
            }
        }
    }

    @Override
    public double left() {
        return left(current());
    }

    private long left(Window now) {
        long earned = deposits.sum() - now.depositedBefore();
        return Math.max(0, (earned * percent + reserve * 100) / 100 - (withdrawals.get() - now.withdrawnBefore()));
    }

    @Override
    public String toString() {
        Window now = current();
        long earned = deposits.sum() - now.depositedBefore();
        return left(now) + " retries left, of " + percent + " % of the " + earned + " calls of the last "
                + Durations.text(sliceNanos * SLICES) + " and " + reserve + " besides";
    }

    /** The window of this instant. The first call in a new slice opens it. */
    private Window current() {
        long nanos = time.nanoTime();
        while (true) {
            Window now = window;
            if (nanos - now.endNanos() < 0) {
                return now;
            }
            long slice = (nanos - startNanos) / sliceNanos;
            long end = startNanos + (slice + 1) * sliceNanos;
            Window next = now.advanced(slice, end, deposits.sum(), withdrawals.get());
            if (WINDOW.compareAndSet(this, now, next)) {
                return next;
            }
        }
    }
}
