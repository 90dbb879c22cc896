package dev.zerohop.grpc;

import dev.zerohop.BalancerListener;
import dev.zerohop.Endpoint;
import dev.zerohop.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** The outcomes that a channel counts, in their order. */
final class OutcomeLog implements BalancerListener {
    record Entry(String endpoint, Outcome outcome) {}

    private final List<Entry> entries = new CopyOnWriteArrayList<>();
    private final AtomicInteger begun = new AtomicInteger();
    private final AtomicInteger leaks = new AtomicInteger();

    @Override
    public void onPick(String service, Endpoint endpoint) {
        begun.incrementAndGet();
    }

    @Override
    public void onOutcome(String service, Endpoint endpoint, Outcome outcome, long latencyNanos) {
        entries.add(new Entry(endpoint.id(), outcome));
    }

    @Override
    public void onLeak(String service, Endpoint endpoint, Duration age) {
        leaks.incrementAndGet();
    }

    List<Outcome> outcomes() {
        return entries.stream().map(Entry::outcome).toList();
    }

    List<Outcome> of(String endpoint) {
        return entries.stream()
                .filter(entry -> entry.endpoint().equals(endpoint))
                .map(Entry::outcome)
                .toList();
    }

    int underWay() {
        return begun.get() - entries.size();
    }

    int begun() {
        return begun.get();
    }

    int leaks() {
        return leaks.get();
    }

    void clear() {
        begun.addAndGet(-entries.size());
        entries.clear();
    }
}
