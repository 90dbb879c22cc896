package dev.zerohop.grpc;

import dev.zerohop.BalancerListener;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Endpoint;
import dev.zerohop.Health;
import dev.zerohop.Outcome;
import dev.zerohop.Refusal;
import dev.zerohop.Snapshot;
import java.time.Duration;

/** The channel's own ear and the application's; the channel's first. */
record CompositeListener(BalancerListener own, BalancerListener other) implements BalancerListener {
    @Override
    public void onMembership(String service, int members, int added, int removed, int held) {
        own.onMembership(service, members, added, removed, held);
        other.onMembership(service, members, added, removed, held);
    }

    @Override
    public void onHealth(String service, Endpoint endpoint, Health before, Health after) {
        own.onHealth(service, endpoint, before, after);
        other.onHealth(service, endpoint, before, after);
    }

    @Override
    public void onRebuild(String service, Snapshot snapshot) {
        own.onRebuild(service, snapshot);
        other.onRebuild(service, snapshot);
    }

    @Override
    public void onDirectory(String service) {
        own.onDirectory(service);
        other.onDirectory(service);
    }

    @Override
    public void onStale(String service, Duration age, Throwable cause) {
        own.onStale(service, age, cause);
        other.onStale(service, age, cause);
    }

    @Override
    public void onFresh(String service) {
        own.onFresh(service);
        other.onFresh(service);
    }

    @Override
    public void onConfigured(String service, BalancerSettings settings) {
        own.onConfigured(service, settings);
        other.onConfigured(service, settings);
    }

    @Override
    public void onConfigurationRejected(String service, String reason) {
        own.onConfigurationRejected(service, reason);
        other.onConfigurationRejected(service, reason);
    }

    @Override
    public void onUnconfigured(String service, String reason) {
        own.onUnconfigured(service, reason);
        other.onUnconfigured(service, reason);
    }

    @Override
    public void onSourceValueRejected(String service, String reason) {
        own.onSourceValueRejected(service, reason);
        other.onSourceValueRejected(service, reason);
    }

    @Override
    public void onPick(String service, Endpoint endpoint) {
        own.onPick(service, endpoint);
        other.onPick(service, endpoint);
    }

    @Override
    public void onOutcome(String service, Endpoint endpoint, Outcome outcome, long latencyNanos) {
        own.onOutcome(service, endpoint, outcome, latencyNanos);
        other.onOutcome(service, endpoint, outcome, latencyNanos);
    }

    @Override
    public void onRefusal(String service, Refusal refusal) {
        own.onRefusal(service, refusal);
        other.onRefusal(service, refusal);
    }

    @Override
    public void onLeak(String service, Endpoint endpoint, Duration age) {
        own.onLeak(service, endpoint, age);
        other.onLeak(service, endpoint, age);
    }
}
