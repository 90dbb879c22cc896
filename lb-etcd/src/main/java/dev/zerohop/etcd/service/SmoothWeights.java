package dev.zerohop.etcd.service;

import dev.zerohop.Endpoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Moves weights towards what they should be, one step of at most the stated size per interval, and never past it. All endpoints step at the same
 * instants. Who was not there before starts at its weight, and so does everybody without smoothing. Used by one thread at a time; the clock is the
 * caller's.
 */
final class SmoothWeights {
    private Map<String, Integer> told = new HashMap<>();
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
        boolean onTheWay = false;
        for (Endpoint endpoint : endpoints) {
            int target = endpoint.weight();
            Integer before = told.get(endpoint.id());
            int weight = target;
            if (smoothing != null && before != null) {
                int reach = mayStep ? smoothing.step() : 0;
                weight = Math.max(Math.min(target, before + reach), before - reach);
                changed |= weight != before;
                onTheWay |= weight != target;
            }
            next.put(endpoint.id(), weight);
            weighted.add(
                    weight == target
                            ? endpoint
                            : endpoint.toBuilder().weight(weight).build());
        }
        told = next;
        if (changed) {
            stepped = true;
            steppedNanos = nowNanos;
        }
        dueNanos = smoothing == null || !onTheWay
                ? Long.MAX_VALUE
                : steppedNanos + smoothing.interval().toNanos() - nowNanos;
        return weighted;
    }

    /** Who is named although the last {@link #apply} was not given it keeps its place, so that it does not jump when it comes back. */
    void stillNamed(List<Endpoint> named) {
        for (Endpoint endpoint : named) {
            told.putIfAbsent(endpoint.id(), endpoint.weight());
        }
    }

    /** When the next step is due, counted from the last {@link #apply}; {@link Long#MAX_VALUE} if none is. */
    long dueInNanos() {
        return dueNanos;
    }
}
