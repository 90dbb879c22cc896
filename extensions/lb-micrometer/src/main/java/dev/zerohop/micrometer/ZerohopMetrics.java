package dev.zerohop.micrometer;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerListener;
import dev.zerohop.Time;
import dev.zerohop.monitor.BalancerMetrics;
import dev.zerohop.monitor.Meters;
import io.micrometer.core.instrument.MeterRegistry;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;

/**
 * The meters of balancers in a Micrometer registry. For all clients of the process that are made from then on:
 *
 * <pre>{@code
 * BalancerRegistry.observe(ZerohopMetrics.of(registry));
 * }</pre>
 *
 * <p>or for single ones, as the listener factory of a gRPC channel, an OkHttp client or a {@link Balancer.Builder}. A balancer that is given it twice has its meters once. Balancers that
 * existed before have none.
 *
 * <p>The meters of a service are in the registry from the moment at which its first balancer is made, all at 0, until the last is closed. {@link Meters} has the table of them.
 *
 * <p>Thread-safe. With options of your own, make one for a registry and give it to all clients: a second one that meets a service of the first leaves its balancers without meters, and the
 * log says so.
 */
public final class ZerohopMetrics implements BalancerListener.Factory {

    /** How many endpoints of a service have meters of their own by default, where endpoints have any: 100. */
    public static final int DEFAULT_ENDPOINTS = 100;

    /** What {@link #of} has made, which must be one for a registry. The values refer to their keys, and balancers to the values. */
    private static final Map<MeterRegistry, WeakReference<BalancerMetrics>> SHARED = new WeakHashMap<>();

    private final BalancerMetrics metrics;

    private ZerohopMetrics(BalancerMetrics metrics) {
        this.metrics = metrics;
    }

    /** With the default options. What is made of one registry is one, however often this is called. */
    public static ZerohopMetrics of(MeterRegistry registry) {
        synchronized (SHARED) {
            WeakReference<BalancerMetrics> shared = SHARED.get(requireNonNull(registry, "registry"));
            BalancerMetrics known = shared == null ? null : shared.get();
            if (known != null) {
                return new ZerohopMetrics(known);
            }
            ZerohopMetrics first = builder(registry).build();
            SHARED.put(registry, new WeakReference<>(first.metrics));
            return first;
        }
    }

    /** Starts with the defaults. */
    public static Builder builder(MeterRegistry registry) {
        return new Builder(requireNonNull(registry, "registry"));
    }

    /**
     * For balancers, which call it themselves.
     *
     * @throws IllegalStateException if the registry has meters of the service from another instance
     */
    @Override
    public BalancerListener forBalancer(Balancer balancer) {
        return metrics.forBalancer(balancer);
    }

    @Override
    public String toString() {
        return "ZerohopMetrics";
    }

    /** Builds a {@link ZerohopMetrics}. Not thread-safe. */
    public static final class Builder {
        private final MeterRegistry registry;
        private List<Duration> buckets = Meters.BUCKETS;
        private int endpoints;
        private Time time = Time.system();

        private Builder(MeterRegistry registry) {
            this.registry = registry;
        }

        /**
         * Sets the upper bounds of the buckets in which attempts are counted by their duration; without any there are none, and no quantiles. Each costs nine series for a service. Default:
         * {@link Meters#BUCKETS}, 16 from 1 ms to 10 s.
         *
         * @throws IllegalArgumentException if one is not above 0
         */
        public Builder buckets(List<Duration> bounds) {
            for (Duration bound : bounds) {
                if (bound.isNegative() || bound.isZero()) {
                    throw new IllegalArgumentException("bound of a bucket was " + bound + ", expected > 0");
                }
            }
            buckets = List.copyOf(bounds);
            return this;
        }

        /** {@link #endpointMeters(int)} for up to {@value #DEFAULT_ENDPOINTS}. */
        public Builder endpointMeters() {
            return endpointMeters(DEFAULT_ENDPOINTS);
        }

        /**
         * Sets how many endpoints of a service have meters of their own, four series each; those beyond, and those that have just left, are counted together as {@value Meters#OTHER}. Default: 0, no
         * endpoint has.
         */
        public Builder endpointMeters(int most) {
            endpoints = most;
            return this;
        }

        /** Sets the clock; that of the balancers. Default: {@link Time#system}. */
        public Builder time(Time time) {
            this.time = requireNonNull(time, "time");
            return this;
        }

        /**
         * Builds it.
         *
         * @throws IllegalArgumentException if more than {@value BalancerMetrics#MAX_ENDPOINTS} endpoints should have meters of their own, or fewer than 0
         */
        public ZerohopMetrics build() {
            return new ZerohopMetrics(new BalancerMetrics(new MicrometerBackend(registry, buckets), time, endpoints));
        }
    }
}
