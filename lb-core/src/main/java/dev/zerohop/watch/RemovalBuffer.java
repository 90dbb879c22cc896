package dev.zerohop.watch;

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
 * Gathers the removals of sources that take endpoints away one by one, as etcd ends leases and Kubernetes deletes slices. Gathers the endpoints that
 * vanish although they were ready and their removal was not meant, so that a loss that comes in pieces is reported as a whole: one by one, the loss of a
 * whole service would be many small ones, each of which a {@link dev.zerohop.MembershipGuard} believes.
 *
 * <p>A loss is reported once none has joined it for {@link #QUIET_PERIOD}, or after {@link #MAX_DELAY}. For one thread at a time; the clock is the caller's.
 */
public final class RemovalBuffer {

    /** Longer than the half second after which etcd looks for ended leases again. */
    public static final Duration QUIET_PERIOD = Duration.ofSeconds(1);

    /** Enough for 5,000 endpoints at the pace of etcd (1,000 leases a second) or of a controller (50 slices); servers that did die are named for no longer. */
    public static final Duration MAX_DELAY = Duration.ofSeconds(5);

    private final Map<String, Endpoint> pending = new LinkedHashMap<>();
    private long firstNanos;
    private long lastNanos;

    /** Begins with nothing lost. */
    public RemovalBuffer() {}

    /**
     * What to report now.
     *
     * @param reported what was reported last
     * @param present what the source names now
     * @param expected losses to report at once, because they were meant
     * @return the present endpoints, and those lost ones whose loss is not to be reported yet
     */
    public List<Endpoint> gather(
            List<Endpoint> reported, List<Endpoint> present, Predicate<Endpoint> expected, long nowNanos) {
        Set<String> ids = new HashSet<>();
        for (Endpoint endpoint : present) {
            ids.add(endpoint.id());
        }
        pending.keySet().removeAll(ids);
        pending.values().removeIf(expected);
        for (Endpoint endpoint : reported) {
            boolean unexpected = endpoint.readiness() == Endpoint.Readiness.READY
                    && !ids.contains(endpoint.id())
                    && !expected.test(endpoint);
            if (unexpected && !pending.containsKey(endpoint.id())) {
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

    /** In how many nanoseconds to call {@link #gather} again although nothing was reported; {@link Long#MAX_VALUE} for never. */
    public long dueInNanos(long nowNanos) {
        return pending.isEmpty()
                ? Long.MAX_VALUE
                : Math.min(lastNanos + QUIET_PERIOD.toNanos() - nowNanos, firstNanos + MAX_DELAY.toNanos() - nowNanos);
    }
}
