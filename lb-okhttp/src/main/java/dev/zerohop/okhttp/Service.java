package dev.zerohop.okhttp;

import dev.zerohop.Balancer;
import dev.zerohop.Env;
import dev.zerohop.Lease;
import dev.zerohop.NoEndpointException;
import dev.zerohop.Node;
import dev.zerohop.PickContext;
import dev.zerohop.Refusal;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import okhttp3.ConnectionPool;
import okhttp3.Interceptor;

/** One logical name: its balancer and the routes to its endpoints, which come with the first call and go with the endpoint. */
final class Service {
    private static final long SWEEP_DELAY_NANOS = Duration.ofMillis(20).toNanos();
    private static final long DRAIN_CHECK_NANOS = Duration.ofMillis(500).toNanos();

    private final String host;
    private final Balancer balancer;
    private final boolean owned;
    private final Env env;
    private final IdleConnections idle;
    private final KeyReader keys;

    private final Map<Node, EndpointRoute> routes = new ConcurrentHashMap<>();
    private final Set<EndpointRoute> draining = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean sweepDue = new AtomicBoolean();
    private final AtomicBoolean drainCheckDue = new AtomicBoolean();
    private volatile boolean closed;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private long changes;

    /** How many idle connections are kept per endpoint, and for how long. */
    record IdleConnections(int perEndpoint, Duration keepAlive) {
        ConnectionPool newPool() {
            return new ConnectionPool(perEndpoint, keepAlive.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    Service(String host, Balancer balancer, boolean owned, Env env, IdleConnections idle, KeyReader keys) {
        this.host = host;
        this.balancer = balancer;
        this.owned = owned;
        this.env = env;
        this.idle = idle;
        this.keys = keys;
    }

    void start() {
        follow();
        if (owned) {
            balancer.start();
        }
    }

    String name() {
        return balancer.name();
    }

    Balancer balancer() {
        return balancer;
    }

    KeyReader keys() {
        return keys;
    }

    // ---- picks ----

    /** Acquires a lease; waits for one, within the call's own time, when the refusal says so. */
    Lease acquire(PickContext context, Interceptor.Chain chain, CallState call) throws IOException {
        if (closed) {
            throw new NoEndpointIOException(
                    new Refusal(Refusal.Kind.CLOSED, false, name() + ": the routing of this client is closed"));
        }
        try {
            return balancer.acquire(context);
        } catch (NoEndpointException refused) {
            if (!refused.refusal().waits()) {
                throw new NoEndpointIOException(refused.refusal());
            }
        }
        return await(context, chain, call);
    }

    /**
     * Waits for the next version and tries again, until the call is cancelled (OkHttp does that when the call's timeout is over) or, for a call
     * without a timeout, until its connect timeout is over.
     */
    private Lease await(PickContext context, Interceptor.Chain chain, CallState call) throws IOException {
        boolean bounded = chain.call().timeout().timeoutNanos() == 0 && chain.connectTimeoutMillis() > 0;
        long start = System.nanoTime();
        long limit = Duration.ofMillis(chain.connectTimeoutMillis()).toNanos();
        call.await(this);
        lock.lock();
        try {
            while (true) {
                long seen = changes;
                Refusal refusal;
                lock.unlock();
                try {
                    return balancer.acquire(context);
                } catch (NoEndpointException refused) {
                    refusal = refused.refusal();
                } finally {
                    lock.lock();
                }
                if (call.canceled()) {
                    throw new IOException("Canceled while waiting for an endpoint; " + refusal.message());
                }
                long left = limit - (System.nanoTime() - start);
                if (!refusal.waits() || closed || (bounded && left <= 0)) {
                    throw new NoEndpointIOException(
                            refusal,
                            "; waited " + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start) + " ms for one");
                }
                while (seen == changes && !call.canceled() && (!bounded || left > 0)) {
                    if (bounded) {
                        left = changed.awaitNanos(left);
                    } else {
                        changed.await();
                    }
                }
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for an endpoint of " + name());
        } finally {
            lock.unlock();
            call.await(null);
        }
    }

    /** Lets those who wait look again. */
    void wake() {
        lock.lock();
        try {
            changes++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    // ---- routes ----

    EndpointRoute route(Node node) {
        EndpointRoute route = routes.get(node);
        if (route != null) {
            return route;
        }
        EndpointRoute made =
                routes.computeIfAbsent(node, absent -> new EndpointRoute(host, absent.endpoint(), idle.newPool()));
        // The node may have left between its pick and now; nobody else would look again.
        sweepSoon();
        return made;
    }

    private void follow() {
        balancer.nextChange().thenRun(this::onChange);
    }

    /** Runs on the balancer's control path. */
    private void onChange() {
        if (!closed) {
            follow();
        }
        wake();
        sweepSoon();
    }

    private void sweepSoon() {
        if (!routes.isEmpty() && sweepDue.compareAndSet(false, true)) {
            env.time().schedule(SWEEP_DELAY_NANOS, () -> env.blocking().execute(this::sweep));
        }
    }

    /** Retires the routes of endpoints that left. */
    private void sweep() {
        sweepDue.set(false);
        Set<Node> members = Collections.newSetFromMap(new IdentityHashMap<>());
        if (!closed) {
            members.addAll(balancer.snapshot().members());
        }
        routes.forEach((node, route) -> {
            if (!members.contains(node) && routes.remove(node, route)) {
                route.retire();
                if (!route.drained()) {
                    draining.add(route);
                }
            }
        });
        checkDrainingSoon();
    }

    /** A call gives its connection back a moment after its body ends, and a WebSocket much later: somebody has to look again. */
    private void checkDrainingSoon() {
        if (!draining.isEmpty() && drainCheckDue.compareAndSet(false, true)) {
            env.time()
                    .schedule(
                            DRAIN_CHECK_NANOS,
                            () -> env.blocking().execute(() -> {
                                drainCheckDue.set(false);
                                draining.removeIf(EndpointRoute::drained);
                                checkDrainingSoon();
                            }));
        }
    }

    int routeCount() {
        return routes.size() + draining.size();
    }

    int connectionCount() {
        int count = 0;
        for (EndpointRoute route : routes.values()) {
            count += route.connections();
        }
        for (EndpointRoute route : draining) {
            count += route.connections();
        }
        return count;
    }

    void close() {
        closed = true;
        if (owned) {
            balancer.close();
        }
        wake();
        sweep();
    }
}
