package dev.zerohop.okhttp;

import dev.zerohop.Balancer;
import dev.zerohop.CallTrace;
import dev.zerohop.CallTracer;
import dev.zerohop.Env;
import dev.zerohop.Node;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import okhttp3.ConnectionPool;
import okhttp3.Request;
import org.jspecify.annotations.Nullable;

/** One logical name: its balancer and the routes to its endpoints, which come with the first call and go with the endpoint. */
final class Service {
    private static final long SWEEP_DELAY_NANOS = Duration.ofMillis(20).toNanos();
    private static final long DRAIN_CHECK_NANOS = Duration.ofMillis(500).toNanos();

    private final String host;
    private final Balancer balancer;
    private final CallEvents events;
    private final boolean owned;
    private final Options options;
    private final KeyReader keys;
    private final CheckTransport checks;
    private final TlsProofs proofs = new TlsProofs();

    private final Map<Node, EndpointRoute> routes = new ConcurrentHashMap<>();
    private final Set<EndpointRoute> draining = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean sweepDue = new AtomicBoolean();
    private final AtomicBoolean drainCheckDue = new AtomicBoolean();
    private volatile boolean closed;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final AtomicLong changes = new AtomicLong();

    /** How many idle connections are kept per endpoint, and for how long. */
    record IdleConnections(int perEndpoint, Duration keepAlive) {
        ConnectionPool newPool() {
            return new ConnectionPool(perEndpoint, keepAlive.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    /**
     * What all services of a routing have in common.
     *
     * @param tracer what is asked about each call; null for none
     * @param looks where services look for endpoints that left, one after another: a hundred of them need no more threads than one
     */
    record Options(
            Env env,
            @Nullable CallTracer tracer,
            Executor looks,
            IdleConnections idle,
            boolean strictReuse,
            RedirectScope redirects) {}

    Service(String host, Balancer balancer, boolean owned, Options options, KeyReader keys, CheckTransport checks) {
        this.host = host;
        this.balancer = balancer;
        this.events = new CallEvents(balancer);
        this.owned = owned;
        this.options = options;
        this.keys = keys;
        this.checks = checks;
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

    CallEvents events() {
        return events;
    }

    KeyReader keys() {
        return keys;
    }

    CheckTransport checks() {
        return checks;
    }

    TlsProofs proofs() {
        return proofs;
    }

    Env env() {
        return options.env();
    }

    /** What is told of a call to this service that begins in this thread; null if it is not traced. */
    @Nullable
    CallTrace trace(Request request) {
        CallTracer tracer = options.tracer();
        return tracer == null
                ? null
                : tracer.start(
                        ZerohopOkHttp.ADAPTER,
                        request.method(),
                        request.url().host(),
                        request.url().port());
    }

    RedirectScope redirects() {
        return options.redirects();
    }

    boolean closed() {
        return closed;
    }

    // ---- those who wait for an endpoint ----

    /** How many changes there were. Read it before what may have to wait for the next one. */
    long changes() {
        return changes.get();
    }

    /** Waits until there are more changes than {@code seen}, the call is cancelled, or the time is over. */
    void awaitChange(long seen, long nanos, CallState call) throws InterruptedException {
        lock.lock();
        try {
            long left = nanos;
            while (seen == changes.get() && !call.canceled() && left > 0) {
                left = changed.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Lets a call that waits find out that it is cancelled. */
    void wake() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void change() {
        lock.lock();
        try {
            changes.incrementAndGet();
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
        EndpointRoute made = routes.computeIfAbsent(
                node,
                absent -> new EndpointRoute(
                        host,
                        absent.endpoint(),
                        options.idle().newPool(),
                        proofs,
                        options.strictReuse(),
                        options.redirects()));
        // The node may have left between its pick and now; nothing else would look again.
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
        change();
        sweepSoon();
    }

    private void sweepSoon() {
        if (!routes.isEmpty() && sweepDue.compareAndSet(false, true)) {
            env().time().schedule(SWEEP_DELAY_NANOS, () -> options.looks().execute(() -> sweep(env().blocking())));
        }
    }

    /** Retires the routes of endpoints that left, or that a stage leaves out. To close their connections may block, and must not keep other services from looking. */
    private void sweep(Executor retiring) {
        sweepDue.set(false);
        Set<Node> members = Collections.newSetFromMap(new IdentityHashMap<>());
        if (!closed) {
            members.addAll(balancer.current().snapshot().reached());
        }
        List<EndpointRoute> left = new ArrayList<>();
        routes.forEach((node, route) -> {
            if (!members.contains(node) && routes.remove(node, route)) {
                draining.add(route);
                left.add(route);
            }
        });
        if (!left.isEmpty()) {
            retiring.execute(() -> retire(left));
        }
    }

    private void retire(List<EndpointRoute> left) {
        for (EndpointRoute route : left) {
            route.retire();
            // It may have been found idle and dropped before it was retired, and taken by a call since.
            if (route.drained()) {
                draining.remove(route);
            } else {
                draining.add(route);
            }
        }
        checkDrainingSoon();
    }

    /** A call gives its connection back a moment after its body ends, and a WebSocket much later: the look is repeated. */
    private void checkDrainingSoon() {
        if (!draining.isEmpty() && drainCheckDue.compareAndSet(false, true)) {
            env().time()
                    .schedule(
                            DRAIN_CHECK_NANOS,
                            () -> env().blocking().execute(() -> {
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
        change();
        checks.close();
        sweep(Runnable::run);
        // Those that left before, whose turn to be retired may not come any more.
        draining.forEach(EndpointRoute::retire);
    }
}
