package dev.zerohop;

import dev.zerohop.internal.FaultCount;
import java.time.Duration;

/** Keeps whatever a listener throws, errors and sneaked checked exceptions included, away from the balancer. Logs the first failure and then each power of two, so that a broken listener does not flood. */
final class SafeListener implements BalancerListener {
    private static final Log LOG = Log.of(SafeListener.class);

    private final BalancerListener delegate;
    private final FaultCount failures = new FaultCount();

    SafeListener(BalancerListener delegate) {
        this.delegate = delegate;
    }

    private void guard(Runnable call) {
        try {
            call.run();
        } catch (Throwable thrown) {
            failed(thrown);
        }
    }

    private void failed(Throwable thrown) {
        long count = failures.next();
        if (count != 0) {
            LOG.warn("listener {} threw ({} times so far); balancing goes on", delegate, count, thrown);
        }
    }

    @Override
    public void onMembership(String service, int members, int added, int removed, int held) {
        guard(() -> delegate.onMembership(service, members, added, removed, held));
    }

    @Override
    public void onHealth(String service, Endpoint endpoint, Health before, Health after) {
        guard(() -> delegate.onHealth(service, endpoint, before, after));
    }

    @Override
    public void onRebuild(String service, Snapshot snapshot, Duration took) {
        guard(() -> delegate.onRebuild(service, snapshot, took));
    }

    @Override
    public void onDirectory(String service) {
        guard(() -> delegate.onDirectory(service));
    }

    @Override
    public void onStale(String service, Duration age, Throwable cause) {
        guard(() -> delegate.onStale(service, age, cause));
    }

    @Override
    public void onFresh(String service) {
        guard(() -> delegate.onFresh(service));
    }

    @Override
    public void onConfigured(String service, BalancerSettings settings) {
        guard(() -> delegate.onConfigured(service, settings));
    }

    @Override
    public void onConfigurationRejected(String service, String reason) {
        guard(() -> delegate.onConfigurationRejected(service, reason));
    }

    @Override
    public void onUnconfigured(String service, String reason) {
        guard(() -> delegate.onUnconfigured(service, reason));
    }

    @Override
    public void onSourceValueRejected(String service, String reason) {
        guard(() -> delegate.onSourceValueRejected(service, reason));
    }

    // The two on the request path are written out: they must not cost a lambda.

    @Override
    public void onPick(String service, Endpoint endpoint) {
        try {
            delegate.onPick(service, endpoint);
        } catch (Throwable thrown) {
            failed(thrown);
        }
    }

    @Override
    public void onOutcome(String service, Endpoint endpoint, Outcome outcome, long latencyNanos) {
        try {
            delegate.onOutcome(service, endpoint, outcome, latencyNanos);
        } catch (Throwable thrown) {
            failed(thrown);
        }
    }

    @Override
    public void onRefusal(String service, Refusal refusal) {
        guard(() -> delegate.onRefusal(service, refusal));
    }

    @Override
    public void onPanic(String service, boolean panicking, String reason) {
        guard(() -> delegate.onPanic(service, panicking, reason));
    }

    @Override
    public void onWait(String service, long waitedNanos) {
        guard(() -> delegate.onWait(service, waitedNanos));
    }

    @Override
    public void onRetry(String service, Endpoint failed, Outcome outcome, RetryDecision decision) {
        guard(() -> delegate.onRetry(service, failed, outcome, decision));
    }

    @Override
    public void onHedge(String service, RetryDecision decision) {
        guard(() -> delegate.onHedge(service, decision));
    }

    @Override
    public void onSpill(String service, Endpoint endpoint) {
        guard(() -> delegate.onSpill(service, endpoint));
    }

    @Override
    public void onClose(String service) {
        guard(() -> delegate.onClose(service));
    }

    @Override
    public void onLeak(String service, Endpoint endpoint, Duration age) {
        guard(() -> delegate.onLeak(service, endpoint, age));
    }
}
