package dev.zerohop.admin;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerListener;
import dev.zerohop.Time;
import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/** What was observed of each balancer. A balancer holds what is observed of it, and goes with it. Thread-safe. */
final class Observations implements BalancerListener.Factory {
    private final Time time;

    // An observation reaches its balancer by the snapshots it has seen, so a strong value would keep the key alive.
    private final Map<Balancer, WeakReference<Observation>> observed = new WeakHashMap<>();

    Observations(Time time) {
        this.time = time;
    }

    @Override
    public BalancerListener forBalancer(Balancer balancer) {
        Observation observation = new Observation(time);
        synchronized (observed) {
            observed.put(balancer, new WeakReference<>(observation));
        }
        return observation;
    }

    /** Null for a balancer that was made before. */
    @Nullable
    Observation of(Balancer balancer) {
        synchronized (observed) {
            WeakReference<Observation> observation = observed.get(balancer);
            return observation == null ? null : observation.get();
        }
    }
}
