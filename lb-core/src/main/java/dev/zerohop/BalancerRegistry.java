package dev.zerohop;

import static java.util.Objects.requireNonNull;

import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The balancers of this process that are running: started, and not closed. It keeps none of them alive: one that is forgotten without being closed
 * leaves it when it is collected. Thread-safe.
 */
public final class BalancerRegistry {
    private static final Set<Balancer> RUNNING =
            Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

    private static final List<BalancerListener.Factory> OBSERVERS = new CopyOnWriteArrayList<>();

    private static final List<CallTracer> TRACERS = new CopyOnWriteArrayList<>();

    private BalancerRegistry() {}

    /**
     * Gives each balancer that is made from now on a listener of this factory, beside its own: metrics or logs for a whole process. Balancers that exist already have none of it.
     * A listener is held by its balancer and may hold it; one that holds its balancer and is itself held elsewhere keeps it from being collected when it is forgotten without being closed.
     *
     * @return takes the factory out again; listeners that it has made stay
     */
    public static Cancellable observe(BalancerListener.Factory factory) {
        return added(OBSERVERS, requireNonNull(factory, "factory"));
    }

    /**
     * Traces the calls of each client that is made from now on, beside its own tracers. Clients that exist already, and gRPC channels without the interceptor, have none of it.
     *
     * @return takes the tracer out again; clients that have it keep it
     */
    public static Cancellable trace(CallTracer tracer) {
        return added(TRACERS, requireNonNull(tracer, "tracer"));
    }

    private static <T> Cancellable added(List<T> all, T one) {
        all.add(one);
        AtomicBoolean taken = new AtomicBoolean();
        return () -> {
            // One that was added twice is there once more.
            if (taken.compareAndSet(false, true)) {
                all.remove(one);
            }
        };
    }

    /**
     * For adapters: what a new client asks, its own tracers and those of the process, each once. What they throw goes to the log.
     *
     * @return null if there is no tracer
     */
    public static @Nullable CallTracer tracer(List<CallTracer> own) {
        return GuardedTracer.of(own, TRACERS);
    }

    static List<BalancerListener.Factory> observers() {
        return OBSERVERS;
    }

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
