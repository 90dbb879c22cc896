package dev.zerohop.okhttp;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerView;
import dev.zerohop.Lease;
import dev.zerohop.Outcome;
import dev.zerohop.PickContext;
import dev.zerohop.RetryPolicy;
import dev.zerohop.ShardMap;
import java.io.IOException;
import java.net.ProtocolException;
import java.util.Map;
import okhttp3.Interceptor;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okhttp3.ResponseBody;
import org.jspecify.annotations.Nullable;

/**
 * Sends calls to logical names to an endpoint of their service, again to another one where that is allowed, and ends each attempt's lease where the
 * attempt ends. An application interceptor: the URL stays the logical one, and with it Host, cookies, SNI and the certificate check.
 */
final class RoutingInterceptor implements Interceptor {
    /** Tells the endpoint that it stands in for the owner of the key, which is down. */
    static final String NOT_OWNER = "zerohop-not-owner";

    /** Tells the endpoint by which epoch of the shard map the attempt came to it. */
    static final String SHARD_EPOCH = "zerohop-shard-epoch";

    /** As many as OkHttp follows. */
    private static final int MAX_FOLLOW_UPS = 20;

    private final Map<String, Service> services;
    private final LeakGuard guard;

    RoutingInterceptor(Map<String, Service> services, LeakGuard guard) {
        this.services = services;
        this.guard = guard;
    }

    @Override
    public Response intercept(Chain chain) throws IOException {
        guard.poll();
        CallState call = CallState.of(chain.call());
        Request request = chain.request();
        Chain toFollow = chain;
        Response prior = null;
        call.credentials().begin();
        for (int followUps = 0; ; followUps++) {
            call.redirect(null);
            Response response = call.credentials().asSent(send(toFollow, call, request));
            if (prior != null) {
                response = Redirects.after(prior, response);
            }
            CallState.Redirect redirect = call.redirect();
            if (redirect == null) {
                return response;
            }
            Request next = Redirects.followUp(response.request(), response.code(), redirect.target());
            if (next == null) {
                return response.newBuilder()
                        .headers(redirect.original().headers())
                        .build();
            }
            response.close();
            if (followUps == MAX_FOLLOW_UPS) {
                throw new ProtocolException("Too many follow-up requests: " + (followUps + 1));
            }
            prior = Redirects.followed(response, redirect.original().headers());
            request = next;
            if (followUps == 0) {
                toFollow = chain.withAuthenticator(call.credentials().over(chain.getAuthenticator()));
            }
            call.credentials().redirected();
        }
    }

    private Response send(Chain chain, CallState call, Request request) throws IOException {
        Service service = services.get(request.url().host());
        return service == null ? chain.proceed(request) : send(chain, call, request, service);
    }

    private Response send(Chain chain, CallState call, Request request, Service service) throws IOException {
        Balancer balancer = service.balancer();
        PickContext context = PickContext.of(service.keys().read(balancer, chain, request));
        balancer.retryBudget().deposit();
        Attempts attempts = null;
        while (true) {
            Lease lease;
            try {
                lease = service.acquire(context, chain, call);
            } catch (NoEndpointIOException none) {
                throw attempts == null ? none : attempts.exception(String.valueOf(none.getMessage()));
            }
            EndpointRoute route = service.route(lease.node());
            OpenLease open = new OpenLease(balancer, lease, route, System.nanoTime());
            call.begin(open);
            IOException failure;
            try {
                ReleaseConnection.ofOther(route, chain, call, request);
                // Of the version that picked: after a change of epoch nothing is claimed, and the server judges by the
                // epoch.
                BalancerView view = balancer.view();
                boolean spilled = view.spilled(context, lease.node()) && view.shardEpoch(context) == lease.shardEpoch();
                Response response = route.proceed(chain, told(request, spilled, lease.shardEpoch()));
                return tracked(call.asSent(response), open, call);
            } catch (IOException thrown) {
                failure = thrown;
            } catch (RuntimeException | Error thrown) {
                open.end(Outcome.CANCELLED);
                throw thrown;
            }
            Failure meaning = Failure.of(failure, call);
            open.end(meaning.outcome());
            if (meaning.local()) {
                // With its recovery on, OkHttp finds the cancel on its way round and says so itself.
                throw call.canceled() ? new IOException("Canceled", failure) : failure;
            }
            if (meaning.outcome() == Outcome.TRANSPORT_FAILURE) {
                route.evictIdle();
            }
            if (attempts == null) {
                attempts = new Attempts(service.name() + ": " + request.method() + " "
                        + request.url().encodedPath());
            }
            attempts.add(open.endpoint(), meaning.outcome(), open.age(System.nanoTime()), failure);
            String whyNot = whyNotAgain(meaning.outcome(), attempts.count(), balancer, chain, call, request);
            if (whyNot != null) {
                throw attempts.exception(whyNot);
            }
            context = context.retryAfter(open.endpoint());
        }
    }

    /** The request with what the endpoint is to know of how it was routed. */
    private static Request told(Request request, boolean spilled, long shardEpoch) {
        if (!spilled && shardEpoch == ShardMap.NO_EPOCH) {
            return request;
        }
        Request.Builder told = request.newBuilder();
        if (spilled) {
            told.header(NOT_OWNER, "true");
        }
        if (shardEpoch != ShardMap.NO_EPOCH) {
            told.header(SHARD_EPOCH, Long.toString(shardEpoch));
        }
        return told.build();
    }

    /** Null if the call may be made once more, which then has been taken from the budget. */
    private static @Nullable String whyNotAgain(
            Outcome outcome, int made, Balancer balancer, Interceptor.Chain chain, CallState call, Request request) {
        RetryPolicy policy = balancer.settings().retry();
        RequestBody body = request.body();
        if (body != null && call.bodyStarted() && (body.isOneShot() || body.isDuplex())) {
            return "not repeated: its body can be sent only once";
        }
        if (!outcome.isNotDispatched()) {
            Idempotent said = request.tag(Idempotent.class);
            if (said == Idempotent.NO || (said == null && !policy.idempotent(request.method()))) {
                return "not repeated: the server may have run it, and it is not idempotent";
            }
            if (!chain.getRetryOnConnectionFailure()) {
                return "not repeated: the server may have run it, and the client's retryOnConnectionFailure is off";
            }
        }
        if (made >= policy.maxAttempts()) {
            return "not repeated: at most " + policy.maxAttempts() + " attempts are allowed";
        }
        return balancer.retryBudget().tryWithdraw() ? null : "not repeated: the retry budget is used up";
    }

    /** The response whose end ends the lease. */
    private Response tracked(Response response, OpenLease open, CallState call) {
        Outcome outcome = response.code() >= 500 ? Outcome.ERROR_RESPONSE : Outcome.SUCCESS;
        if (call.requests() == 0) {
            // The cache or an interceptor answered: the endpoint never saw the call and is not to be praised for its
            // speed.
            outcome = Outcome.CANCELLED;
        }
        okio.Socket socket = response.socket();
        ResponseBody body = response.body();
        if (socket == null && (call.requests() == 0 || body.contentLength() == 0)) {
            open.end(outcome);
            return response;
        }
        TrackedSource source =
                new TrackedSource(socket == null ? body.source() : socket.getSource(), open, call, outcome);
        guard.watch(source, open);
        Response.Builder builder = response.newBuilder();
        return socket == null
                ? builder.body(new TrackedBody(body, source)).build()
                : builder.socket(new TrackedSocket(socket, source)).build();
    }
}
