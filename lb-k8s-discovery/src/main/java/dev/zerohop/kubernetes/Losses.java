package dev.zerohop.kubernetes;

import dev.zerohop.Endpoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Gathers the endpoints that vanish although they were ready and nobody meant them to go, so that a loss that comes in pieces is told as a whole. Slices
 * are deleted one by one: told one by one, the loss of a whole service would be many small ones, each of which is believed.
 *
 * <p>A loss is told once none has joined it for {@link #QUIET}, or after {@link #LIMIT}. Used by one thread at a time; the clock is the caller's.
 */
final class Losses {

    static final Duration QUIET = Duration.ofSeconds(1);

    /** Enough for the 50 slices of 5,000 endpoints at the pace of a controller; pods that did die are named for no longer. */
    static final Duration LIMIT = Duration.ofSeconds(5);

    private final Map<String, Endpoint> pending = new LinkedHashMap<>();
    private long firstNanos;
    private long lastNanos;

    /** What to tell, given what was told last and what there is now. Losses that are {@code explained} are told at once. */
    List<Endpoint> gather(List<Endpoint> told, List<Endpoint> present, Predicate<Endpoint> explained, long nowNanos) {
        Set<String> ids = new HashSet<>();
        for (Endpoint endpoint : present) {
            ids.add(endpoint.id());
        }
        pending.keySet().removeAll(ids);
        pending.values().removeIf(explained);
        for (Endpoint endpoint : told) {
            boolean unexplained = endpoint.readiness() == Endpoint.Readiness.READY
                    && !ids.contains(endpoint.id())
                    && !explained.test(endpoint);
            if (unexplained && !pending.containsKey(endpoint.id())) {
                if (pending.isEmpty()) {
                    firstNanos = nowNanos;
                }
                lastNanos = nowNanos;
                pending.put(endpoint.id(), endpoint);
            }
        }
        if (dueInNanos(nowNanos) <= 0) {
            pending.clear();
        }
        if (pending.isEmpty()) {
            return present;
        }
        List<Endpoint> all = new ArrayList<>(present);
        all.addAll(pending.values());
        return all;
    }

    /** When the loss is to be told; {@link Long#MAX_VALUE} if there is none. */
    long dueInNanos(long nowNanos) {
        return pending.isEmpty()
                ? Long.MAX_VALUE
                : Math.min(lastNanos + QUIET.toNanos() - nowNanos, firstNanos + LIMIT.toNanos() - nowNanos);
    }
}
