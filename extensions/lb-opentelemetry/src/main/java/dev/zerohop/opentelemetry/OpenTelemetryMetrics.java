package dev.zerohop.opentelemetry;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerListener;
import dev.zerohop.Time;
import dev.zerohop.monitor.BalancerMetrics;
import dev.zerohop.monitor.Meters;
import io.opentelemetry.api.OpenTelemetry;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;

/**
 * The meters of balancers by the API of OpenTelemetry. For all clients of the process that are made from then on:
 *
 * <pre>{@code
 * BalancerRegistry.observe(OpenTelemetryMetrics.of(openTelemetry));
 * }</pre>
 *
 * <p>or for single ones, as the listener factory of a gRPC channel, an OkHttp client or a {@link Balancer.Builder}. A balancer that is given it twice has its meters once. Balancers that
 * existed before have none.
 *
 * <p>What is read (counts and gauges) is there from the moment at which the first balancer of a service is made, at 0, until the last is closed. Histograms show a service from its first
 * attempt on, and for ever: OpenTelemetry does not forget them. {@link Meters} has the table of all.
 *
 * <p>Thread-safe. With options of your own, make one and give it to all clients.
 */
public final class OpenTelemetryMetrics implements BalancerListener.Factory {

    /** The name of the instrumentation scope. */
    public static final String SCOPE = "dev.zerohop";

    /** How many endpoints of a service have meters of their own by default, where endpoints have any: 100. */
    public static final int DEFAULT_ENDPOINTS = 100;

    /** What {@link #of} has made, which must be one for an instance. The values refer to their keys, and balancers to the values. */
    private static final Map<OpenTelemetry, WeakReference<BalancerMetrics>> SHARED = new WeakHashMap<>();

    private final BalancerMetrics metrics;

    private OpenTelemetryMetrics(BalancerMetrics metrics) {
        this.metrics = metrics;
    }

    /** With the default options. What is made of one instance is one, however often this is called. */
    public static OpenTelemetryMetrics of(OpenTelemetry openTelemetry) {
        synchronized (SHARED) {
            WeakReference<BalancerMetrics> shared = SHARED.get(requireNonNull(openTelemetry, "openTelemetry"));
            BalancerMetrics known = shared == null ? null : shared.get();
            if (known != null) {
                return new OpenTelemetryMetrics(known);
            }
            OpenTelemetryMetrics first = builder(openTelemetry).build();
            SHARED.put(openTelemetry, new WeakReference<>(first.metrics));
            return first;
        }
    }

    /** Starts with the defaults. */
    public static Builder builder(OpenTelemetry openTelemetry) {
        return new Builder(requireNonNull(openTelemetry, "openTelemetry"));
    }

    /** For balancers, which call it themselves. */
    @Override
    public BalancerListener forBalancer(Balancer balancer) {
        return metrics.forBalancer(balancer);
    }

    @Override
    public String toString() {
        return "OpenTelemetryMetrics";
    }

    /** Builds an {@link OpenTelemetryMetrics}. Not thread-safe. */
    public static final class Builder {
        private final OpenTelemetry openTelemetry;
        private int endpoints;
        private Time time = Time.system();

        private Builder(OpenTelemetry openTelemetry) {
            this.openTelemetry = openTelemetry;
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
        public OpenTelemetryMetrics build() {
            List<Duration> buckets = Meters.BUCKETS;
            return new OpenTelemetryMetrics(new BalancerMetrics(
                    new OpenTelemetryBackend(openTelemetry.getMeter(SCOPE), buckets), time, endpoints));
        }
    }
}
