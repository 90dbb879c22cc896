package dev.zerohop.okhttp;

import java.io.IOException;
import java.net.ProtocolException;
import java.util.Map;
import okhttp3.Interceptor;
import okhttp3.Request;
import okhttp3.Response;

/**
 * Sends calls to logical names to an endpoint of their service, and follows redirects from one service to another. An application interceptor: the URL
 * stays the logical one, and with it Host, cookies, SNI and the certificate check.
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
    private final AttemptLoop attempts;

    RoutingInterceptor(Map<String, Service> services, LeakGuard guard) {
        this.services = services;
        this.guard = guard;
        this.attempts = new AttemptLoop(guard);
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
        return service == null ? chain.proceed(request) : attempts.send(service, chain, call, request);
    }
}
