package dev.zerohop.okhttp;

import dev.zerohop.Time;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Ends the leases of bodies that were garbage-collected open. It refers to a body only by a phantom reference, so that it keeps none alive. Bodies that are
 * kept and never read are found by the core's age limit.
 *
 * <p>Looks at every later call and, while anything is watched, on a timer.
 */
final class LeakGuard {
    private static final long PERIOD_NANOS = Duration.ofSeconds(5).toNanos();

    private final Time time;
    private final ReferenceQueue<Object> collected = new ReferenceQueue<>();
    private final Set<Watch> watches = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean ticking = new AtomicBoolean();

    LeakGuard(Time time) {
        this.time = time;
    }

    /** Watches {@code body}, which the lease must not refer to. */
    void watch(Object body, OpenLease lease) {
        Watch watch = new Watch(body, collected, lease, watches);
        watches.add(watch);
        lease.watchedBy(watch);
        if (ticking.compareAndSet(false, true)) {
            time.schedule(PERIOD_NANOS, this::tick);
        }
    }

    /** Ends the leases of bodies that were collected open. Cheap when there is none. */
    void poll() {
        for (Reference<?> found = collected.poll(); found != null; found = collected.poll()) {
            OpenLease lease = ((Watch) found).lease;
            lease.leaked(lease.age(time.nanoTime()));
        }
    }

    private void tick() {
        poll();
        ticking.set(false);
        if (!watches.isEmpty() && ticking.compareAndSet(false, true)) {
            time.schedule(PERIOD_NANOS, this::tick);
        }
    }

    int watched() {
        return watches.size();
    }

    /** The tie between a body and its lease, until either ends. */
    static final class Watch extends PhantomReference<Object> {
        private final OpenLease lease;
        private final Set<Watch> watches;

        Watch(Object body, ReferenceQueue<Object> queue, OpenLease lease, Set<Watch> watches) {
            super(body, queue);
            this.lease = lease;
            this.watches = watches;
        }

        void done() {
            watches.remove(this);
            clear();
        }
    }
}
