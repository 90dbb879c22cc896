package dev.zerohop.okhttp;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import okhttp3.Call;
import org.jspecify.annotations.Nullable;

/**
 * Whether a call was cancelled, and whether by its own time: its timeout or deadline. OkHttp makes both the same. Thread-safe: a call can be cancelled at any
 * moment, by any thread.
 */
final class Cancellation {
    /** How long OkHttp's report of a cancel is waited for. It is on its way then; only a listener of the application's can hold it up. */
    private static final long REPORT_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Call call;
    private final CountDownLatch reported = new CountDownLatch(1);
    private volatile @Nullable Service awaited;
    private volatile boolean outOfTime;

    Cancellation(Call call) {
        this.call = call;
    }

    /** To be called when the report can come: one that was made before never does. */
    void listening() {
        if (call.isCanceled()) {
            reported.countDown();
        }
    }

    /** OkHttp's report, on the thread that cancels. */
    void report() {
        outOfTime = onWatchdog();
        reported.countDown();
    }

    /** Lets a call that waits find out. */
    void wake() {
        Service service = awaited;
        if (service != null) {
            service.wake();
        }
    }

    /** What the call waits at, or null. */
    void await(@Nullable Service service) {
        awaited = service;
    }

    boolean reported() {
        return reported.getCount() == 0;
    }

    boolean canceled() {
        return reported() || call.isCanceled();
    }

    /**
     * Whether it was the call's own time, once it is cancelled. OkHttp breaks the connection first and reports a moment later, so that the reader of the
     * connection may be here before the report: it waits for that.
     */
    boolean ranOut() {
        if (!reported()) {
            try {
                if (!reported.await(REPORT_NANOS, TimeUnit.NANOSECONDS)) {
                    return false;
                }
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return outOfTime;
    }

    /** Okio's watchdog cancels the calls whose time is over; its class is not exported, so it is known by name. */
    private static boolean onWatchdog() {
        return Thread.currentThread().getClass().getName().startsWith("okio.");
    }
}
