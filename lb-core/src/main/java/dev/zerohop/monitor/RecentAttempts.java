package dev.zerohop.monitor;

import static java.util.Objects.requireNonNull;

import dev.zerohop.BalancerListener;
import dev.zerohop.Cancellable;
import dev.zerohop.Endpoint;
import dev.zerohop.Node;
import dev.zerohop.Outcome;
import dev.zerohop.Snapshot;
import dev.zerohop.Time;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Counts the attempts of the last minute at each endpoint of one balancer, in slices of five seconds. One instance listens to one balancer; it ends with it, and keeps neither itself nor the
 * balancer from being collected.
 *
 * <p>An attempt costs two look-ups and two atomic additions: no lock, no clock and, but for the first attempt at an endpoint, no allocation. The counters only grow;
 * a timer notes every five seconds how far they were, so the oldest attempt that is counted is 55 to 60 seconds old. Endpoints that are no members any more are dropped, so there are never
 * more than there are members.
 *
 * <p>Thread-safe. Reading takes a lock that attempts do not.
 */
public final class RecentAttempts implements BalancerListener {

    /** How far back it looks. */
    public static final Duration WINDOW = Duration.ofSeconds(60);

    /** How many slices that is. */
    public static final int SLICES = 12;

    private static final long SLICE_NANOS = WINDOW.toNanos() / SLICES;

    private final Time time;
    private final long startNanos;
    private final Map<String, EndpointCounts> endpoints = new ConcurrentHashMap<>();
    private volatile @Nullable Snapshot snapshot;
    private volatile boolean closed;

    // The control path's own.
    private boolean started;

    // Of the lock.
    private long slice;

    /** Those among which the endpoints were looked for last; null when that is due again. */
    private @Nullable List<Node> members;

    private @Nullable Cancellable timer;

    /** Of a balancer that goes by this time. It has no timer before the balancer has its first endpoints. */
    public RecentAttempts(Time time) {
        this.time = requireNonNull(time, "time");
        this.startNanos = time.nanoTime();
    }

    // ---- request path ----

    @Override
    public void onPick(String service, Endpoint endpoint) {
        EndpointCounts counts = endpoints.get(endpoint.id());
        if (counts == null) {
            counts = joined(endpoint.id());
        }
        counts.picked();
    }

    @Override
    public void onOutcome(String service, Endpoint endpoint, Outcome outcome, long latencyNanos) {
        EndpointCounts counts = endpoints.get(endpoint.id());
        // Null for one that has left meanwhile.
        if (counts != null) {
            counts.ended(outcome, latencyNanos);
        }
    }

    /** A picker is in use before {@link #onRebuild} tells of its endpoints. */
    private EndpointCounts joined(String id) {
        EndpointCounts fresh = new EndpointCounts();
        if (closed) {
            return fresh;
        }
        EndpointCounts other = endpoints.putIfAbsent(id, fresh);
        return other == null ? fresh : other;
    }

    // ---- control path ----

    @Override
    public void onRebuild(String service, Snapshot version, Duration took) {
        snapshot = version;
        if (!started) {
            started = true;
            tick();
        }
    }

    private synchronized void tick() {
        if (!closed) {
            advance();
            long next = startNanos + (slice + 1) * SLICE_NANOS;
            // The clock holds what it is to call: not this, which knows nodes and by them the balancer.
            WeakReference<RecentAttempts> self = new WeakReference<>(this);
            timer = time.schedule(next - time.nanoTime(), () -> tick(self));
        }
    }

    private static void tick(WeakReference<RecentAttempts> due) {
        RecentAttempts living = due.get();
        if (living != null) {
            living.tick();
        }
    }

    @Override
    public synchronized void onClose(String service) {
        closed = true;
        if (timer != null) {
            timer.cancel();
        }
        endpoints.clear();
        snapshot = null;
        members = null;
    }

    // ---- readers ----

    /** What all endpoints were given that any attempt went to since they joined. O(members). */
    public synchronized RecentTraffic read() {
        advance();
        Map<String, EndpointTraffic> read = new TreeMap<>();
        endpoints.forEach((id, counts) -> read.put(id, counts.read(slice)));
        return new RecentTraffic(read);
    }

    /** What this one was given; nothing at all if it is none of the members. */
    public synchronized EndpointTraffic read(String endpointId) {
        advance();
        EndpointCounts counts = endpoints.get(endpointId);
        return counts == null ? EndpointTraffic.NONE : counts.read(slice);
    }

    /** Begins the slice of the present instant, and drops those that have left: a last attempt at one puts it in again for the rest of the slice at most. */
    private void advance() {
        long now = (time.nanoTime() - startNanos) / SLICE_NANOS;
        if (now > slice) {
            long before = slice;
            endpoints.values().forEach(counts -> counts.begin(before, now));
            slice = now;
            members = null;
        }
        Snapshot version = snapshot;
        if (version != null && version.members() != members) {
            members = version.members();
            Set<String> ids = new HashSet<>();
            members.forEach(node -> ids.add(node.endpoint().id()));
            endpoints.keySet().retainAll(ids);
        }
    }
}
