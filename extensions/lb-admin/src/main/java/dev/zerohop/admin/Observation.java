package dev.zerohop.admin;

import dev.zerohop.BalancerListener;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Endpoint;
import dev.zerohop.Health;
import dev.zerohop.Outcome;
import dev.zerohop.Refusal;
import dev.zerohop.RetryDecision;
import dev.zerohop.Snapshot;
import dev.zerohop.Time;
import dev.zerohop.monitor.Meters;
import dev.zerohop.monitor.RecentAttempts;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;

/** What was observed of one balancer: the attempts of the last minute, its last events, and how many calls ended without an endpoint or were repeated. Attempts and refusals take no lock. */
final class Observation implements BalancerListener {
    private final RecentAttempts attempts;
    private final Events events;
    private final Map<Refusal.Kind, LongAdder> refusals = counters(Refusal.Kind.class);
    private final Map<RetryDecision, LongAdder> retries = counters(RetryDecision.class);

    Observation(Time time) {
        this.attempts = new RecentAttempts(time);
        this.events = new Events(time);
    }

    private static <E extends Enum<E>> Map<E, LongAdder> counters(Class<E> kinds) {
        Map<E, LongAdder> counters = new EnumMap<>(kinds);
        for (E kind : kinds.getEnumConstants()) {
            counters.put(kind, new LongAdder());
        }
        return counters;
    }

    RecentAttempts attempts() {
        return attempts;
    }

    Events events() {
        return events;
    }

    /** Since the balancer was made, by the word that metrics have for the kind; those that never were are left out. */
    Map<String, Long> refusals() {
        return counted(refusals);
    }

    /** The same of decisions on retries. */
    Map<String, Long> retries() {
        return counted(retries);
    }

    private static <E extends Enum<E>> Map<String, Long> counted(Map<E, LongAdder> counters) {
        Map<String, Long> counted = new TreeMap<>();
        counters.forEach((kind, counter) -> {
            if (counter.sum() > 0) {
                counted.put(Meters.value(kind), counter.sum());
            }
        });
        return counted;
    }

    // ---- request path ----

    @Override
    public void onPick(String service, Endpoint endpoint) {
        attempts.onPick(service, endpoint);
    }

    @Override
    public void onOutcome(String service, Endpoint endpoint, Outcome outcome, long latencyNanos) {
        attempts.onOutcome(service, endpoint, outcome, latencyNanos);
    }

    @Override
    public void onRefusal(String service, Refusal refusal) {
        LongAdder counter = refusals.get(refusal.kind());
        if (counter != null) {
            counter.increment();
        }
    }

    @Override
    public void onRetry(String service, Endpoint failed, Outcome outcome, RetryDecision decision) {
        LongAdder counter = retries.get(decision);
        if (counter != null) {
            counter.increment();
        }
    }

    // ---- control path ----

    @Override
    public void onRebuild(String service, Snapshot snapshot, Duration took) {
        attempts.onRebuild(service, snapshot, took);
    }

    @Override
    public void onMembership(String service, int members, int added, int removed, int held) {
        if (added > 0 || removed > 0 || held > 0) {
            events.add(members + (members == 1 ? " endpoint: " : " endpoints: ") + added + " added, " + removed
                    + " removed" + (held == 0 ? "" : ", " + held + " held: the loss is suspect"));
        }
    }

    @Override
    public void onHealth(String service, Endpoint endpoint, Health before, Health after) {
        if (before.status() != after.status()) {
            events.add(endpoint.id() + ": " + before.status() + " \u2192 " + after);
        }
    }

    @Override
    public void onPanic(String service, boolean panicking, String reason) {
        events.add(panicking ? reason : "no panic any more");
    }

    @Override
    public void onStale(String service, Duration age, Throwable cause) {
        events.add("the source does not answer: " + (cause.getMessage() == null ? cause : cause.getMessage()));
    }

    @Override
    public void onFresh(String service) {
        events.add("the source answers again");
    }

    @Override
    public void onConfigured(String service, BalancerSettings settings) {
        events.add("another configuration is in force, policy " + settings.policy());
    }

    @Override
    public void onConfigurationRejected(String service, String reason) {
        events.add("a configuration was rejected: " + reason);
    }

    @Override
    public void onUnconfigured(String service, String reason) {
        events.add("no call goes anywhere: " + reason);
    }

    @Override
    public void onSourceValueRejected(String service, String reason) {
        events.add("a value of the source was rejected: " + reason);
    }

    @Override
    public void onLeak(String service, Endpoint endpoint, Duration age) {
        events.add("a call to " + endpoint.id() + " was never ended");
    }

    @Override
    public void onClose(String service) {
        attempts.onClose(service);
    }
}
