package dev.zerohop.okhttp;

import dev.zerohop.BalancerView;
import dev.zerohop.Lease;
import dev.zerohop.Outcome;
import dev.zerohop.RetryPolicy;
import dev.zerohop.ShardMap;
import java.io.IOException;
import okhttp3.Interceptor;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okhttp3.ResponseBody;
import org.jspecify.annotations.Nullable;

/** Sends a request to an endpoint of its service, again to another one where that is allowed, and ends each attempt's lease where the attempt ends. */
final class AttemptLoop {
    private final LeakGuard guard;

    AttemptLoop(LeakGuard guard) {
        this.guard = guard;
    }

    Response send(Service service, Interceptor.Chain chain, CallState call, Request request) throws IOException {
        Picks picks = new Picks(service, chain, call, request);
        if (picks.cacheFirst() && !picks.hasEndpoint() && CacheFirst.answers(chain, request)) {
            Response cached = CacheFirst.answer(chain, call, request);
            if (cached != null) {
                return cached;
            }
        }
        Attempts attempts = null;
        while (true) {
            Lease lease;
            try {
                lease = picks.acquire();
            } catch (NoEndpointIOException none) {
                throw attempts == null ? none : attempts.exception(String.valueOf(none.getMessage()));
            } catch (IOException ended) {
                if (attempts != null) {
                    // Cancelled or out of time before the next attempt: the failures that it waited for are suppressed
                    // in that.
                    ended.addSuppressed(attempts.exception("another attempt was waited for"));
                }
                throw ended;
            }
            BalancerView view = picks.view();
            OpenLease open = open(service, lease, picks.traced(lease));
            if (attempts == null) {
                view.retryBudget().deposit();
            }
            IOException failure;
            Failure meaning;
            try {
                call.begin(open, chain);
                open.route().leaveOther(call, request);
                Response response = open.route().proceed(chain, routed(request, picks.spilled(), lease.shardEpoch()));
                return tracked(call.asSent(response), open, call);
            } catch (Throwable thrown) {
                // Kotlin's code throws checked exceptions that nothing declares; OkHttp itself does so when the caller
                // is interrupted.
                meaning = Failure.of(thrown, call);
                open.end(meaning.outcome());
                if (!(thrown instanceof IOException io)) {
                    throw thrown;
                }
                if (meaning.repeat() == Failure.Repeat.LOCAL) {
                    // With its recovery on, OkHttp finds the cancel on its way round and says so itself.
                    throw call.canceled() ? new IOException("Canceled", io) : io;
                }
                failure = io;
            }
            if (meaning.outcome() == Outcome.TRANSPORT_FAILURE) {
                open.route().evictIdle();
            }
            if (attempts == null) {
                attempts = new Attempts(service.name() + ": " + request.method() + " "
                        + request.url().encodedPath());
            }
            attempts.add(open.endpoint(), meaning.outcome(), open.age(System.nanoTime()), failure);
            RetryVerdict verdict = verdict(meaning, failure, attempts.count(), picks, chain, call, request);
            service.events().decided(picks.trace(), open.endpoint(), meaning.outcome(), verdict);
            if (!verdict.granted()) {
                throw attempts.exception(verdict.reason());
            }
            picks.failed(open.endpoint(), meaning);
        }
    }

    private static OpenLease open(Service service, Lease lease, @Nullable TracedAttempt traced) {
        try {
            return new OpenLease(service.balancer(), lease, service.route(lease.node()), System.nanoTime(), traced);
        } catch (RuntimeException | Error thrown) {
            lease.complete(Outcome.CANCELLED);
            throw thrown;
        }
    }

    /** The request with what the endpoint is to know of how it was routed. */
    private static Request routed(Request request, boolean spilled, long shardEpoch) {
        if (!spilled && shardEpoch == ShardMap.NO_EPOCH) {
            return request;
        }
        Request.Builder routed = request.newBuilder();
        if (spilled) {
            routed.header(RoutingInterceptor.NOT_OWNER, "true");
        }
        if (shardEpoch != ShardMap.NO_EPOCH) {
            routed.header(RoutingInterceptor.SHARD_EPOCH, Long.toString(shardEpoch));
        }
        return routed.build();
    }

    /** Whether the call is made once more; if so, that has been taken from the budget. */
    private static RetryVerdict verdict(
            Failure failure,
            IOException cause,
            int made,
            Picks picks,
            Interceptor.Chain chain,
            CallState call,
            Request request) {
        BalancerView view = picks.view();
        RetryPolicy policy = view.settings().retry();
        RequestBody body = request.body();
        if (body != null && call.bodyStarted() && (body.isOneShot() || body.isDuplex())) {
            return RetryVerdict.BODY_CONSUMED;
        }
        if (failure.repeat() == Failure.Repeat.IF_IDEMPOTENT) {
            Idempotent idempotent = request.tag(Idempotent.class);
            if (idempotent == Idempotent.NO || (idempotent == null && !policy.idempotent(request.method()))) {
                return RetryVerdict.NOT_IDEMPOTENT;
            }
            if (!chain.getRetryOnConnectionFailure()) {
                return RetryVerdict.SWITCHED_OFF;
            }
        } else if (view.waits(picks.context()) && !Failure.distrusts(cause)) {
            // It has not begun: it waits for the owner of its key, for as long as the call may.
            return RetryVerdict.GRANTED;
        }
        if (made >= policy.maxAttempts()) {
            return RetryVerdict.attemptsExhausted(policy.maxAttempts());
        }
        return view.retryBudget().tryWithdraw() ? RetryVerdict.GRANTED : RetryVerdict.BUDGET_EXHAUSTED;
    }

    /** The response whose end ends the lease. */
    private Response tracked(Response response, OpenLease open, CallState call) {
        if (!call.bodyOpen()) {
            call.returned();
            return response;
        }
        okio.Socket socket = response.socket();
        ResponseBody body = response.body();
        TrackedSource source = new TrackedSource(socket == null ? body.source() : socket.getSource(), open, call);
        guard.watch(source, open);
        call.returned();
        Response.Builder builder = response.newBuilder();
        return socket == null
                ? builder.body(new TrackedBody(body, source)).build()
                : builder.socket(new TrackedSocket(socket, source, open)).build();
    }
}
