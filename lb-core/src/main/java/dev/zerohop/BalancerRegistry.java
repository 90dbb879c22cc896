package dev.zerohop;

import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.WeakHashMap;

/**
 * The balancers of this process that are running: started, and not closed. It keeps none of them alive: one that is forgotten without being closed
 * leaves it when it is collected. Thread-safe.
 */
public final class BalancerRegistry {
    private static final Set<Balancer> RUNNING =
            Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

    private BalancerRegistry() {}

    /** The balancers that run now, by name; those of one name in no certain order. */
    public static List<Balancer> running() {
        synchronized (RUNNING) {
            return RUNNING.stream().sorted(Comparator.comparing(Balancer::name)).toList();
        }
    }

    static void add(Balancer started) {
        RUNNING.add(started);
    }

    static void remove(Balancer closed) {
        RUNNING.remove(closed);
    }
}
