package dev.zerohop.monitor;

import static java.util.Objects.requireNonNull;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerListener;
import dev.zerohop.Time;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Publishes the meters of {@link Meters} for each balancer that it is given, until the balancer is closed, or collected without having been closed: it keeps no balancer. Balancers of one name
 * share their meters: counts are those of all of them, and the meters go with the last.
 *
 * <p>An attempt costs one record of its duration and a few additions: no lock, no allocation of its own. Meters are registered and taken back under a lock of their service, which no other
 * service waits for. Thread-safe.
 */
public final class BalancerMetrics implements BalancerListener.Factory {

    /** The most endpoints of a service that can have meters of their own. */
    public static final int MAX_ENDPOINTS = 1_000;

    /** The longest value of the tag {@code service}. */
    private static final int LONGEST_TAG = 120;

    private final MeterBackend backend;
    private final Time time;
    private final int endpoints;
    private final Map<String, MeteredService> services = new ConcurrentHashMap<>();

    /**
     * For a backend.
     *
     * @param backend where the meters are published
     * @param time the clock of the balancers
     * @param endpoints how many endpoints of a service have meters of their own; the rest is counted together, as {@link Meters#OTHER}. 0: none has
     * @throws IllegalArgumentException if that is not 0 to {@value #MAX_ENDPOINTS}
     */
    public BalancerMetrics(MeterBackend backend, Time time, int endpoints) {
        if (endpoints < 0 || endpoints > MAX_ENDPOINTS) {
            throw new IllegalArgumentException(
                    "endpoints with meters of their own were " + endpoints + ", expected 0 to " + MAX_ENDPOINTS);
        }
        this.backend = requireNonNull(backend, "backend");
        this.time = requireNonNull(time, "time");
        this.endpoints = endpoints;
    }

    /**
     * The listener of this balancer, whose meters are there from now on; {@link BalancerListener#NOOP} if it has one already.
     *
     * @throws IllegalStateException if such meters are published at the backend already
     */
    @Override
    public BalancerListener forBalancer(Balancer balancer) {
        String name = tag(balancer.name());
        while (true) {
            BalancerListener listener =
                    services.computeIfAbsent(name, this::service).observe(balancer, time);
            if (listener != null) {
                return listener;
            }
            // Its last balancer has left in this very moment, and it stands in the map no more.
        }
    }

    private MeteredService service(String name) {
        return new MeteredService(() -> new ServiceMetrics(backend, name, endpoints), () -> services.remove(name));
    }

    /** The name, or the beginning of a long one, such as a static target of a hundred addresses, and a number by which it differs from others. */
    static String tag(String name) {
        return name.length() <= LONGEST_TAG
                ? name
                : name.substring(0, LONGEST_TAG - 12) + "..." + "%08x".formatted(name.hashCode());
    }
}
