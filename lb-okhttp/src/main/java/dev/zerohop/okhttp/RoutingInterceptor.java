package dev.zerohop.okhttp;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
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

    private final Map<String, Service> services;
    private final Map<String, AttemptLoop> attempts;
    private final List<LeakGuard> guards;

    private RoutingInterceptor(
            Map<String, Service> services, Map<String, AttemptLoop> attempts, List<LeakGuard> guards) {
        this.services = services;
        this.attempts = attempts;
        this.guards = guards;
    }

    static RoutingInterceptor of(Map<String, Service> services, LeakGuard guard) {
        AttemptLoop loop = new AttemptLoop(guard);
        Map<String, AttemptLoop> attempts = new HashMap<>();
        services.keySet().forEach(host -> attempts.put(host, loop));
        return new RoutingInterceptor(services, Map.copyOf(attempts), List.of(guard));
    }

    /**
     * The routing of both. Two of them in one client would not see each other's redirects.
     *
     * @throws IllegalStateException if a name is routed by both
     */
    RoutingInterceptor and(RoutingInterceptor other) {
        Set<String> twice = new TreeSet<>(services.keySet());
        twice.retainAll(other.services.keySet());
        if (!twice.isEmpty() || this == other) {
            throw new IllegalStateException("the routing of " + (twice.isEmpty() ? "no name" : twice)
                    + " was installed twice on one OkHttpClient.Builder, expected once");
        }
        Map<String, Service> allServices = new HashMap<>(services);
        allServices.putAll(other.services);
        Map<String, AttemptLoop> allAttempts = new HashMap<>(attempts);
        allAttempts.putAll(other.attempts);
        List<LeakGuard> allGuards = new ArrayList<>(guards);
        allGuards.addAll(other.guards);
        return new RoutingInterceptor(Map.copyOf(allServices), Map.copyOf(allAttempts), List.copyOf(allGuards));
    }

    /** What has to stand among the network interceptors. */
    ServiceBorderInterceptor border() {
        return new ServiceBorderInterceptor(services);
    }

    @Override
    public Response intercept(Chain chain) throws IOException {
        for (LeakGuard guard : guards) {
            guard.poll();
        }
        CallState call = CallState.of(chain.call());
        Request request = chain.request();
        Chain toFollow = chain;
        Response prior = null;
        FollowUps followUps = call.followUps();
        followUps.begin();
        while (true) {
            followUps.expectRedirect();
            Response response = followUps.credentials().asSent(send(toFollow, call, request));
            if (prior != null) {
                response = Redirects.after(prior, response);
            }
            FollowUps.Redirect redirect = followUps.redirect();
            if (redirect == null) {
                return response;
            }
            Request next = Redirects.followUp(response.request(), response.code(), redirect.target());
            response.close();
            followUps.add();
            followUps.limit();
            prior = Redirects.followed(response, redirect.original().headers());
            request = next;
            if (toFollow == chain) {
                toFollow = chain.withAuthenticator(followUps.credentials().over(chain.getAuthenticator()));
            }
            followUps.credentials().redirected();
        }
    }

    private Response send(Chain chain, CallState call, Request request) throws IOException {
        Service service = services.get(request.url().host());
        AttemptLoop loop = attempts.get(request.url().host());
        if (service == null || loop == null) {
            call.leaveServices();
            return chain.proceed(request);
        }
        service.checks().called(chain);
        return loop.send(service, chain, call, request);
    }
}
