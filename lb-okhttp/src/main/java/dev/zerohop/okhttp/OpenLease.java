package dev.zerohop.okhttp;

import dev.zerohop.Balancer;
import dev.zerohop.Endpoint;
import dev.zerohop.Lease;
import dev.zerohop.LoadReport;
import dev.zerohop.Outcome;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import okhttp3.Connection;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * One attempt under way together with what hangs on its end: the endpoint's connections and the leak guard's watch. Ended once, by the first of: the
 * end of the body, a failure, the caller's cancel, the leak guard.
 */
final class OpenLease {
    private final Balancer balancer;
    private final Lease lease;
    private final EndpointRoute route;
    private final long startNanos;
    private final @Nullable TracedAttempt traced;
    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile LeakGuard.@Nullable Watch watch;
    private volatile boolean awaitsBytes;

    OpenLease(Balancer balancer, Lease lease, EndpointRoute route, long startNanos, @Nullable TracedAttempt traced) {
        this.balancer = balancer;
        this.lease = lease;
        this.route = route;
        this.startNanos = startNanos;
        this.traced = traced;
        route.leased();
        if (traced != null && !(lease instanceof LazyLease)) {
            traced.begin();
        }
    }

    EndpointRoute route() {
        return route;
    }

    Endpoint endpoint() {
        return route.endpoint();
    }

    Duration age(long nowNanos) {
        return Duration.ofNanos(Math.max(0, nowNanos - startNanos));
    }

    /** The attempt goes to the network. */
    void needed() {
        if (lease instanceof LazyLease lazy) {
            lazy.begin();
            if (traced != null) {
                traced.begin();
            }
        }
    }

    /** The request that the application's own network interceptors are about to see: what is written of a long body is progress. */
    Request entering(Request request) throws IOException {
        Request told = traced == null ? request : traced.told(request);
        RequestBody body = told.body();
        return body == null
                ? told
                : told.newBuilder()
                        .method(told.method(), TrackedRequestBody.of(body, this))
                        .build();
    }

    /** The headers of a request are about to be written; below all interceptors. */
    void sending(@Nullable Connection connection) {
        if (traced != null) {
            traced.sending(connection);
        }
    }

    /** The headers of an answer have come. */
    void answered(Response response, Outcome outcome) {
        report(response);
        if (outcome == Outcome.SUCCESS) {
            lease.answered();
        }
        if (traced != null) {
            traced.answered(response, outcome);
        }
    }

    /** What the endpoint says of its load in the headers of its answer, if the policy goes by that. */
    private void report(Response response) {
        if (lease.wantsLoadReport()) {
            Supplier<LoadReport> report = ReportHeaders.of(response);
            if (report != null) {
                lease.report(report);
            }
        }
    }

    /** Bytes of the attempt have moved, either way. */
    void progress() {
        lease.progress();
    }

    /** Whether the reader of the body waits for the endpoint, rather than the endpoint for the reader. */
    boolean awaitsBytes() {
        return awaitsBytes;
    }

    void awaitsBytes(boolean now) {
        awaitsBytes = now;
    }

    void end(Outcome outcome) {
        if (ended.compareAndSet(false, true)) {
            lease.complete(outcome);
            settled(outcome);
        }
    }

    void leaked(Duration age) {
        if (ended.compareAndSet(false, true)) {
            balancer.leaked(lease, age);
            settled(Outcome.LEAKED);
        }
    }

    void watchedBy(LeakGuard.Watch watch) {
        this.watch = watch;
        if (ended.get()) {
            watch.done();
        }
    }

    private void settled(Outcome outcome) {
        LeakGuard.Watch known = watch;
        if (known != null) {
            known.done();
        }
        route.released();
        if (traced != null) {
            traced.end(outcome);
        }
    }
}
