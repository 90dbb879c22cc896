package dev.zerohop.monitor;

import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.Node;
import dev.zerohop.Outcome;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/** The meters of single endpoints: of so many as may have their own, first come, first served, and of all others together. */
final class EndpointMeters implements Cancellable {
    private final MeterBackend backend;
    private final String service;
    private final int limit;
    private final WeakBalancers balancers;
    private final Map<String, Series> own = new ConcurrentHashMap<>();
    private final Series other;

    /** What ended, and its meters. */
    private static final class Series {
        final LongAdder ok = new LongAdder();
        final LongAdder failed = new LongAdder();
        final Registrations registrations;

        Series(Registrations registrations) {
            this.registrations = registrations;
        }

        void ended(Outcome outcome) {
            if (outcome == Outcome.SUCCESS) {
                ok.increment();
            } else if (outcome.isFailure()) {
                failed.increment();
            }
        }
    }

    EndpointMeters(MeterBackend backend, String service, int limit, WeakBalancers balancers) {
        this.backend = backend;
        this.service = service;
        this.limit = limit;
        this.balancers = balancers;
        this.other = register(Meters.OTHER, this::activeAtOthers, this::latencyOfOthers);
    }

    // ---- request path ----

    void ended(Endpoint endpoint, Outcome outcome) {
        Series series = own.get(endpoint.id());
        (series == null ? other : series).ended(outcome);
    }

    // ---- control path ----

    void refresh() {
        Set<String> members = new TreeSet<>();
        for (ObservedBalancer observed : balancers) {
            observed.snapshot()
                    .members()
                    .forEach(node -> members.add(node.endpoint().id()));
        }
        own.entrySet().removeIf(entry -> {
            boolean gone = !members.contains(entry.getKey());
            if (gone) {
                entry.getValue().registrations.cancel();
            }
            return gone;
        });
        // An endpoint of that very name stays among the others.
        members.remove(Meters.OTHER);
        for (String id : members) {
            if (own.size() == limit) {
                break;
            }
            if (!own.containsKey(id)) {
                own.put(id, register(id, () -> active(id), () -> latency(id)));
            }
        }
    }

    private Series register(String name, DoubleSupplier active, DoubleSupplier latency) {
        Series series = new Series(new Registrations(backend, service));
        Registrations to = series.registrations;
        try {
            to.counter(Meters.ENDPOINT_ATTEMPTS, series.ok, name, "ok");
            to.counter(Meters.ENDPOINT_ATTEMPTS, series.failed, name, "failed");
            to.gauge(Meters.ENDPOINT_ACTIVE, active, name);
            to.gauge(Meters.ENDPOINT_LATENCY, latency, name);
        } catch (RuntimeException taken) {
            to.cancel();
            throw taken;
        }
        return series;
    }

    @Override
    public void cancel() {
        own.values().forEach(series -> series.registrations.cancel());
        own.clear();
        other.registrations.cancel();
    }

    // ---- readers ----

    private double active(String id) {
        long sum = 0;
        for (ObservedBalancer observed : balancers) {
            Node node = find(observed.snapshot().members(), id);
            sum += node == null ? 0 : node.inFlight();
        }
        return sum;
    }

    /** Members are sorted by id. */
    private static @Nullable Node find(List<Node> members, String id) {
        int from = 0;
        int to = members.size() - 1;
        while (from <= to) {
            int middle = (from + to) >>> 1;
            int order = members.get(middle).endpoint().id().compareTo(id);
            if (order == 0) {
                return members.get(middle);
            }
            if (order < 0) {
                from = middle + 1;
            } else {
                to = middle - 1;
            }
        }
        return null;
    }

    private double activeAtOthers() {
        long sum = 0;
        for (ObservedBalancer observed : balancers) {
            for (Node node : observed.snapshot().members()) {
                if (!own.containsKey(node.endpoint().id())) {
                    sum += node.inFlight();
                }
            }
        }
        return sum;
    }

    private double latency(String id) {
        Mean mean = new Mean();
        balancers.forEach(observed -> mean.add(observed.recent().read(id)));
        return mean.seconds();
    }

    private double latencyOfOthers() {
        Mean mean = new Mean();
        for (ObservedBalancer observed : balancers) {
            observed.recent().read().endpoints().forEach((id, traffic) -> {
                if (!own.containsKey(id)) {
                    mean.add(traffic);
                }
            });
        }
        return mean.seconds();
    }

    /** Of the attempts that ended well. */
    private static final class Mean {
        private double nanos;
        private long ok;

        void add(EndpointTraffic traffic) {
            if (traffic.ok() > 0) {
                ok += traffic.ok();
                nanos += traffic.latencyNanos() * traffic.ok();
            }
        }

        double seconds() {
            return ok == 0 ? Double.NaN : nanos / ok / 1e9;
        }
    }
}
