package dev.zerohop.monitor;

import dev.zerohop.Balancer;
import dev.zerohop.Endpoint;
import dev.zerohop.Health;
import dev.zerohop.Outcome;
import dev.zerohop.Refusal;
import dev.zerohop.RetryDecision;
import dev.zerohop.Snapshot;
import java.lang.ref.WeakReference;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The meters of one service, for all balancers of that name. Meters are registered and taken back under the lock of its {@link MeteredService}. */
final class ServiceMetrics {
    private final Registrations registrations;
    private final WeakBalancers balancers = new WeakBalancers();
    private final Map<Outcome, MeterBackend.Recorder> attempts = new EnumMap<>(Outcome.class);

    private final InfoMeters info;
    private final @Nullable EndpointMeters endpoints;

    final Tally<Refusal.Kind> refusals = new Tally<>(Refusal.Kind.class);
    final Tally<RetryDecision> retries = new Tally<>(RetryDecision.class);
    final Tally<RetryDecision> hedges = new Tally<>(RetryDecision.class);
    final Tally<Health.Status> health = new Tally<>(Health.Status.class);
    final Tally<MembershipChange> membership = new Tally<>(MembershipChange.class);
    final Tally<ConfigurationResult> configuration = new Tally<>(ConfigurationResult.class);
    final LongAdder spills = new LongAdder();
    final LongAdder leaks = new LongAdder();
    final MeterBackend.Recorder waits;
    final MeterBackend.Recorder rebuilds;

    private volatile Census census = Census.NONE;

    ServiceMetrics(MeterBackend backend, String service, int endpointMeters) {
        this.registrations = new Registrations(backend, service);
        this.info = new InfoMeters(backend, service, balancers);
        try {
            for (Outcome outcome : Outcome.values()) {
                if (Meters.timed(outcome)) {
                    attempts.put(outcome, registrations.recorder(Meters.ATTEMPTS, Meters.value(outcome)));
                }
            }
            waits = registrations.recorder(Meters.WAIT);
            rebuilds = registrations.recorder(Meters.REBUILDS);
            registerCounters();
            registerGauges();
            endpoints = endpointMeters == 0 ? null : new EndpointMeters(backend, service, endpointMeters, balancers);
        } catch (RuntimeException taken) {
            registrations.cancel();
            throw taken;
        }
    }

    private void registerCounters() {
        registrations.counters(Meters.REFUSALS, refusals);
        registrations.counters(Meters.RETRIES, retries);
        registrations.counters(Meters.HEDGES, hedges);
        registrations.counters(Meters.HEALTH, health);
        registrations.counters(Meters.MEMBERSHIP, membership);
        registrations.counters(Meters.CONFIGURATION, configuration);
        registrations.counter(Meters.SPILLS, spills);
        registrations.counter(Meters.LEAKS, leaks);
    }

    private void registerGauges() {
        for (Health.Status status : Health.Status.values()) {
            registrations.gauge(Meters.ENDPOINTS, () -> census().members(status), Meters.value(status));
        }
        registrations.gauge(Meters.CANDIDATES, () -> census().candidates());
        registrations.gauge(Meters.ACTIVE, this::active);
        registrations.gauge(Meters.SKEW, () -> most(ObservedBalancer::skew));
        registrations.gauge(Meters.PANIC, () -> most(ObservedBalancer::panic));
        registrations.gauge(Meters.SOURCE_AGE, () -> most(ObservedBalancer::sourceAge));
        registrations.gauge(Meters.SOURCE_FAILING, () -> most(ObservedBalancer::sourceFailing));
        registrations.gauge(Meters.SHARD_EPOCH, () -> most(ObservedBalancer::shardEpoch));
        registrations.gauge(Meters.RETRY_BUDGET, this::retriesLeft);
    }

    // ---- request path ----

    void ended(Endpoint endpoint, Outcome outcome, long latencyNanos) {
        MeterBackend.Recorder recorder = attempts.get(outcome);
        if (recorder != null) {
            recorder.record(latencyNanos);
        }
        EndpointMeters each = endpoints;
        if (each != null) {
            each.ended(endpoint, outcome);
        }
    }

    // ---- control path ----

    WeakBalancers balancers() {
        return balancers;
    }

    boolean observes(Balancer balancer) {
        return balancers.living().stream().anyMatch(observed -> observed.observes(balancer));
    }

    void add(WeakReference<ObservedBalancer> observed) {
        balancers.add(observed);
        refresh();
    }

    /** The members are others, or what a balancer shows of itself is. */
    void refresh() {
        info.refresh();
        if (endpoints != null) {
            endpoints.refresh();
        }
    }

    void close() {
        registrations.cancel();
        info.cancel();
        if (endpoints != null) {
            endpoints.cancel();
        }
    }

    // ---- readers ----

    /** The largest value of a balancer, NaN left out unless all are. */
    private double most(ToDoubleFunction<ObservedBalancer> value) {
        double most = Double.NaN;
        for (ObservedBalancer observed : balancers) {
            double one = value.applyAsDouble(observed);
            most = one > most || Double.isNaN(most) ? one : most;
        }
        return most;
    }

    private double active() {
        long sum = 0;
        for (ObservedBalancer observed : balancers) {
            sum += observed.active();
        }
        return sum;
    }

    private double retriesLeft() {
        double sum = Double.NaN;
        for (ObservedBalancer observed : balancers) {
            sum = observed.retriesLeft() + (Double.isNaN(sum) ? 0 : sum);
        }
        return sum;
    }

    /** All gauges of one reading count the members once: what is believed of them changes with versions only. */
    private Census census() {
        List<Snapshot> versions =
                balancers.living().stream().map(ObservedBalancer::snapshot).toList();
        Census known = census;
        if (!known.isOf(versions)) {
            known = Census.of(versions);
            census = known;
        }
        return known;
    }

    /**
     * How many endpoints there are, each counted once however many balancers know it, as the worst that one of them believes.
     *
     * @param versions what was counted. Referred to weakly, since what a version holds leads back to its balancer
     */
    private record Census(
            List<WeakReference<Snapshot>> versions, Map<Health.Status, Integer> byStatus, int candidates) {
        static final Census NONE = new Census(List.of(), Map.of(), 0);

        static Census of(List<Snapshot> versions) {
            List<WeakReference<Snapshot>> counted =
                    versions.stream().map(WeakReference::new).toList();
            if (versions.size() == 1) {
                Snapshot only = versions.get(0);
                return new Census(
                        counted,
                        byStatus(only.members().stream()
                                .map(node -> node.health().status())),
                        only.candidates().size());
            }
            Map<String, Health.Status> members = new HashMap<>();
            Set<String> candidates = new HashSet<>();
            for (Snapshot version : versions) {
                version.members()
                        .forEach(node -> members.merge(
                                node.endpoint().id(),
                                node.health().status(),
                                (one, other) -> one.compareTo(other) > 0 ? one : other));
                version.candidates()
                        .forEach(candidate ->
                                candidates.add(candidate.node().endpoint().id()));
            }
            return new Census(counted, byStatus(members.values().stream()), candidates.size());
        }

        private static Map<Health.Status, Integer> byStatus(Stream<Health.Status> each) {
            Map<Health.Status, Integer> counts = new EnumMap<>(Health.Status.class);
            each.forEach(status -> counts.merge(status, 1, Integer::sum));
            return counts;
        }

        boolean isOf(List<Snapshot> others) {
            if (versions.size() != others.size()) {
                return false;
            }
            for (int i = 0; i < others.size(); i++) {
                if (!versions.get(i).refersTo(others.get(i))) {
                    return false;
                }
            }
            return true;
        }

        int members(Health.Status status) {
            return byStatus.getOrDefault(status, 0);
        }
    }
}
