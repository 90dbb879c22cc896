package dev.zerohop.okhttp;

import dev.zerohop.AttemptTrace;
import dev.zerohop.Balancer;
import dev.zerohop.BalancerSettings;
import dev.zerohop.BalancerView;
import dev.zerohop.CallTrace;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSelector;
import dev.zerohop.Lease;
import dev.zerohop.NoEndpointException;
import dev.zerohop.Node;
import dev.zerohop.Outcome;
import dev.zerohop.PickContext;
import dev.zerohop.Refusal;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import okhttp3.Interceptor;
import okhttp3.Request;
import okio.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * The picks of one request: each attempt's key, endpoint and routing come from one version of the balancer. Waits, within the call's own time, for an
 * endpoint that is to come, and before an attempt at an endpoint that has just refused one. Used by the call's thread only.
 */
final class Picks {
    private static final long FIRST_PAUSE_NANOS = Duration.ofMillis(50).toNanos();
    private static final long LONGEST_PAUSE_NANOS = Duration.ofSeconds(1).toNanos();
    private static final double JITTER = 0.2;

    /** OkHttp itself ends a call at its time; this is for a time that was set too late for it to know. */
    private static final long GRACE_NANOS = Duration.ofSeconds(1).toNanos();

    private final Service service;
    private final Balancer balancer;
    private final Interceptor.Chain chain;
    private final CallState call;
    private final Request request;
    private final boolean cacheFirst;
    private final List<Endpoint> tried = new ArrayList<>(0);
    private final @Nullable CallTrace trace;

    private @Nullable BalancerView view;
    private @Nullable BalancerSettings readBy;
    private @Nullable Node picked;
    private @Nullable BalancerView pickedBy;
    private PickContext context = PickContext.NONE;

    /** From when on an endpoint that was tried may be tried again, and the pause that led to it. */
    private long againNanos;

    private long pauseNanos;
    private boolean pauses;

    private boolean waited;
    private long waitingSinceNanos;

    /** Whether the attempt that is being picked waits, and since when. */
    private boolean attemptWaits;

    private long attemptWaitsSinceNanos;

    private boolean spilled;

    Picks(Service service, Interceptor.Chain chain, CallState call, Request request) {
        this.service = service;
        this.balancer = service.balancer();
        this.chain = chain;
        this.call = call;
        this.request = request;
        this.cacheFirst = CacheFirst.may(chain, request);
        this.trace = service.trace(request);
    }

    /** Whether the client's cache may answer the call. */
    boolean cacheFirst() {
        return cacheFirst;
    }

    /** The version that gave the last lease. */
    BalancerView view() {
        BalancerView known = view;
        if (known == null) {
            throw new IllegalStateException("no lease was acquired yet");
        }
        return known;
    }

    /** The context of the last lease. */
    PickContext context() {
        return context;
    }

    /** Whether the last lease is on an endpoint that stands in for the owner of the key. */
    boolean spilled() {
        return spilled;
    }

    /** What is told of the call; null if it is not traced. */
    @Nullable
    CallTrace trace() {
        return trace;
    }

    /** What is told of the attempt of this lease, the last one; null if the call is not traced. */
    @Nullable
    TracedAttempt traced(Lease lease) {
        CallTrace told = trace;
        return told == null
                ? null
                : new TracedAttempt(
                        told, AttemptTrace.Start.of(view(), context, lease.endpoint(), lease.shardEpoch(), told));
    }

    /** Whether there is an endpoint for the call right now. Nothing is counted, and nothing waits. */
    boolean hasEndpoint() throws IOException {
        BalancerView now = balancer.current();
        try {
            read(now);
        } catch (NoEndpointIOException badKey) {
            return false;
        }
        if (service.closed()) {
            return false;
        }
        // Kept for the attempt: a second pick would take another endpoint's turn.
        picked = now.pick(context);
        pickedBy = now;
        return picked != null;
    }

    /** A lease on what is picked now; one that begins only when the network is needed if the cache may answer. */
    private Lease lease(BalancerView now) {
        Node node = pickedBy == now ? picked : cacheFirst ? now.pick(context) : null;
        picked = null;
        pickedBy = null;
        if (node != null) {
            spilled = now.spilled(context, node);
            return new LazyLease(service.events(), node, now.shardEpoch(context), spilled);
        }
        Lease lease = now.acquire(context);
        spilled = now.spilled(context, lease.node());
        if (spilled) {
            service.events().spilled(lease.endpoint());
        }
        return lease;
    }

    /** Begins the next attempt. */
    Lease acquire() throws IOException {
        try {
            return next();
        } catch (NoEndpointIOException none) {
            endWait();
            service.events().refused(trace, none);
            throw none;
        } finally {
            endWait();
        }
    }

    private void endWait() {
        if (attemptWaits) {
            attemptWaits = false;
            service.events().waited(trace, attemptWaitsSinceNanos);
        }
    }

    private Lease next() throws IOException {
        try {
            while (true) {
                if (service.closed()) {
                    throw new NoEndpointIOException(new Refusal(
                            Refusal.Kind.CLOSED, false, balancer.name() + ": the routing of this client is closed"));
                }
                long seen = service.changes();
                BalancerView now = balancer.current();
                NoEndpointIOException refused;
                try {
                    read(now);
                    long pause = pause(now);
                    if (pause <= 0) {
                        Lease lease = lease(now);
                        view = now;
                        return lease;
                    }
                    if (timeLeft() <= 0) {
                        throw new NoEndpointIOException(
                                new Refusal(Refusal.Kind.NONE_USABLE, false, "no other endpoint"), waitedNote());
                    }
                    await(seen, pause, "to try the only endpoint again");
                    continue;
                } catch (NoEndpointException none) {
                    refused = new NoEndpointIOException(none.refusal(), waitedNote());
                } catch (NoEndpointIOException badKey) {
                    refused = badKey;
                }
                if (now != balancer.current()) {
                    // Said by a version that another has replaced, which may look for the key elsewhere.
                    continue;
                }
                if (!refused.refusal().waits() || timeLeft() <= 0) {
                    throw refused;
                }
                await(
                        seen,
                        Long.MAX_VALUE,
                        "for an endpoint; " + refused.refusal().message());
            }
        } finally {
            call.cancellation().await(null);
        }
    }

    /** The key as this version finds it; a version that changes the membership only has it already. */
    private void read(BalancerView now) throws IOException {
        if (readBy != now.settings()) {
            EndpointSelector key = service.keys().read(now, chain, request);
            PickContext next = PickContext.of(key);
            for (Endpoint endpoint : tried) {
                next = next.retryAfter(endpoint);
            }
            context = next;
            readBy = now.settings();
        }
    }

    /** The attempt at {@code endpoint} failed and another one is to follow. */
    void failed(Endpoint endpoint, Failure failure) {
        tried.add(endpoint);
        context = context.retryAfter(endpoint);
        // A connection that ended, in whatever way, is replaced by another at once; an endpoint that takes none needs
        // time.
        boolean again = failure.outcome() == Outcome.NOT_DISPATCHED && pauseNanos == 0;
        pauses = failure.repeat() == Failure.Repeat.SAFE && !again;
        pauseNanos = pauseNanos == 0 ? FIRST_PAUSE_NANOS : Math.min(LONGEST_PAUSE_NANOS, 2 * pauseNanos);
        double jitter = 1 + JITTER * (2 * service.env().dice().nextDouble() - 1);
        againNanos = System.nanoTime() + (long) (pauseNanos * jitter);
    }

    /** How long to wait before the next attempt: not at all, unless it would go where the last one has just failed to arrive. */
    private long pause(BalancerView now) {
        if (!pauses) {
            return 0;
        }
        long left = againNanos - System.nanoTime();
        if (left <= 0) {
            return 0;
        }
        Endpoint next = now.lastResort(context);
        return next != null && tried(next) ? left : 0;
    }

    /** Whether an attempt went to this very address; an endpoint that came back elsewhere is another one. */
    private boolean tried(Endpoint next) {
        for (Endpoint endpoint : tried) {
            if (endpoint.id().equals(next.id())
                    && endpoint.host().equals(next.host())
                    && endpoint.port() == next.port()) {
                return true;
            }
        }
        return false;
    }

    private void await(long seen, long nanos, String what) throws IOException {
        if (!attemptWaits) {
            attemptWaits = true;
            attemptWaitsSinceNanos = System.nanoTime();
        }
        if (!waited) {
            waited = true;
            waitingSinceNanos = attemptWaitsSinceNanos;
        }
        call.cancellation().await(service);
        try {
            service.awaitChange(seen, Math.min(nanos, timeLeft()), call);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting " + what);
        }
        if (call.canceled()) {
            throw new IOException("Canceled while waiting " + what);
        }
    }

    /** How long the call may go on waiting: for its own time, or, if it has none, for its connect timeout. */
    private long timeLeft() {
        Timeout timeout = chain.call().timeout();
        long now = System.nanoTime();
        long since = waited ? waitingSinceNanos : now;
        long left = Long.MAX_VALUE;
        if (timeout.timeoutNanos() > 0) {
            left = since + timeout.timeoutNanos() + GRACE_NANOS - now;
        }
        if (timeout.hasDeadline()) {
            left = Math.min(left, timeout.deadlineNanoTime() + GRACE_NANOS - now);
        }
        if (left == Long.MAX_VALUE && chain.connectTimeoutMillis() > 0) {
            left = since + TimeUnit.MILLISECONDS.toNanos(chain.connectTimeoutMillis()) - now;
        }
        return left;
    }

    private String waitedNote() {
        return waited
                ? "; waited " + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - waitingSinceNanos) + " ms for one"
                : "";
    }
}
