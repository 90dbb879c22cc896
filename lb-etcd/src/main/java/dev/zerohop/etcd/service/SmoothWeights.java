package dev.zerohop.etcd.service;

import dev.zerohop.Endpoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Moves weights towards their targets, one step of at most the configured size per interval. All endpoints step at the same instants. A new endpoint starts
 * at its target; without smoothing every endpoint has its target at once. Used by one thread at a time.
 */
final class SmoothWeights {
    private Map<String, Integer> current = new HashMap<>();
    private boolean stepped;
    private long steppedNanos;
    private long dueNanos = Long.MAX_VALUE;

    /** The endpoints with the weights that they may have now. */
    List<Endpoint> apply(List<Endpoint> endpoints, @Nullable Smoothing smoothing, long nowNanos) {
        boolean mayStep = smoothing == null
                || !stepped
                || nowNanos - steppedNanos >= smoothing.interval().toNanos();
        Map<String, Integer> next = new HashMap<>();
        List<Endpoint> weighted = new ArrayList<>(endpoints.size());
        boolean changed = false;
        boolean underWay = false;
        for (Endpoint endpoint : endpoints) {
            int target = endpoint.weight();
            Integer before = current.get(endpoint.id());
            int weight = target;
            if (smoothing != null && before != null) {
                int reach = mayStep ? smoothing.step() : 0;
                weight = Math.max(Math.min(target, before + reach), before - reach);
                changed |= weight != before;
                underWay |= weight != target;
            }
            next.put(endpoint.id(), weight);
            weighted.add(
                    weight == target
                            ? endpoint
                            : endpoint.toBuilder().weight(weight).build());
        }
        current = next;
        if (changed) {
            stepped = true;
            steppedNanos = nowNanos;
        }
        dueNanos = smoothing == null || !underWay
                ? Long.MAX_VALUE
                : steppedNanos + smoothing.interval().toNanos() - nowNanos;
        return weighted;
    }

    /** Keeps the weights of endpoints that the last {@link #apply} did not get but that still exist, so that they do not jump when they come back. */
    void stillNamed(List<Endpoint> named) {
        for (Endpoint endpoint : named) {
            current.putIfAbsent(endpoint.id(), endpoint.weight());
        }
    }

    /** When the next step is due, counted from the last {@link #apply}; {@link Long#MAX_VALUE} if none is. */
    long dueInNanos() {
        return dueNanos;
    }
}
