package dev.zerohop.cli;

import dev.zerohop.BalancerListener;
import dev.zerohop.Snapshot;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Waits for the first answer of a balancer's source, and records why the source cannot be read and which of its values are rejected. Thread-safe. */
class FirstAnswer implements BalancerListener {
    private final CountDownLatch over = new CountDownLatch(1);
    private final RejectedValues rejected = new RejectedValues();
    private volatile boolean named;
    private volatile @Nullable String error;

    /** Returns whether there was an answer in time. */
    final boolean await(long nanos) throws InterruptedException {
        return over.await(nanos, TimeUnit.NANOSECONDS);
    }

    /** Ends the waiting. */
    final void end() {
        over.countDown();
    }

    final RejectedValues rejected() {
        return rejected;
    }

    /** Why the source cannot be read; null while it can. */
    final @Nullable String error() {
        return error;
    }

    /** Whether the wait may end once the source has answered. Called with each version. */
    boolean complete(Snapshot snapshot) {
        return true;
    }

    @Override
    public void onMembership(String service, int members, int added, int removed, int held) {
        named = true;
    }

    @Override
    public void onRebuild(String service, Snapshot snapshot, Duration took) {
        // A configuration that is published before the endpoints causes a version too.
        if (complete(snapshot) && named) {
            end();
        }
    }

    @Override
    public void onStale(String service, Duration age, Throwable cause) {
        error = cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }

    @Override
    public void onFresh(String service) {
        error = null;
    }

    @Override
    public void onConfigurationRejected(String service, String reason) {
        rejected.add(reason);
    }

    @Override
    public void onSourceValueRejected(String service, String reason) {
        rejected.add(reason);
    }
}
