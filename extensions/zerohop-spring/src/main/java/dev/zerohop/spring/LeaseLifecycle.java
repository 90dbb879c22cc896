package dev.zerohop.spring;

import dev.zerohop.Outcome;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.loadbalancer.CompletionContext;
import org.springframework.cloud.client.loadbalancer.LoadBalancerLifecycle;
import org.springframework.cloud.client.loadbalancer.Request;
import org.springframework.cloud.client.loadbalancer.Response;
import org.springframework.cloud.client.loadbalancer.ResponseData;

/** Begins the lease of a pick with its request, and reports how that ended. */
final class LeaseLifecycle implements LoadBalancerLifecycle<Object, Object, ServiceInstance> {
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int SERVER_ERROR = 500;

    @Override
    public void onStart(Request<Object> request) {}

    @Override
    public void onStartRequest(Request<Object> request, Response<ServiceInstance> response) {
        if (response.hasServer() && response.getServer() instanceof PickedInstance picked) {
            picked.begin();
        }
    }

    @Override
    public void onComplete(CompletionContext<Object, ServiceInstance, Object> context) {
        Response<ServiceInstance> response = context.getLoadBalancerResponse();
        if (response != null && response.hasServer() && response.getServer() instanceof PickedInstance picked) {
            picked.end(outcome(context));
        }
    }

    static Outcome outcome(CompletionContext<Object, ServiceInstance, Object> context) {
        return switch (context.status()) {
            case DISCARD -> Outcome.CANCELLED;
            case FAILED -> failure(context.getThrowable());
            case SUCCESS -> answer(context.getClientResponse());
        };
    }

    private static Outcome answer(@Nullable Object response) {
        int status = response instanceof ResponseData data && data.getHttpStatus() != null
                ? data.getHttpStatus().value()
                : 0;
        if (status == TOO_MANY_REQUESTS) {
            return Outcome.OVERLOADED;
        }
        return status >= SERVER_ERROR ? Outcome.ERROR_RESPONSE : Outcome.SUCCESS;
    }

    private static Outcome failure(@Nullable Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof ConnectException
                    || cause instanceof NoRouteToHostException
                    || cause instanceof UnknownHostException) {
                return Outcome.CONNECT_FAILURE;
            }
            if (cause instanceof SocketTimeoutException || cause instanceof TimeoutException) {
                return Outcome.TIMEOUT;
            }
        }
        return Outcome.TRANSPORT_FAILURE;
    }
}
