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
import org.springframework.util.ClassUtils;
import org.springframework.web.servlet.function.ServerResponse;

/** Begins the lease of a pick with its request, and reports how that ended. */
final class LeaseLifecycle implements LoadBalancerLifecycle<Object, Object, ServiceInstance> {
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int SERVER_ERROR = 500;
    private static final boolean SERVLETS = ClassUtils.isPresent(
            "org.springframework.web.servlet.function.ServerResponse", LeaseLifecycle.class.getClassLoader());

    @Override
    public void onStart(Request<Object> request) {}

    @Override
    public void onStartRequest(Request<Object> request, Response<ServiceInstance> response) {
        PickedInstance picked = PickedInstance.of(response.getServer());
        if (picked != null) {
            picked.begin(response);
        }
    }

    @Override
    public void onComplete(CompletionContext<Object, ServiceInstance, Object> context) {
        Response<ServiceInstance> response = context.getLoadBalancerResponse();
        PickedInstance picked = response == null ? null : PickedInstance.of(response.getServer());
        if (picked != null) {
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
        int status = status(response);
        if (status == TOO_MANY_REQUESTS) {
            return Outcome.OVERLOADED;
        }
        return status >= SERVER_ERROR ? Outcome.ERROR_RESPONSE : Outcome.SUCCESS;
    }

    /** 0 if it cannot be seen. */
    private static int status(@Nullable Object response) {
        if (response instanceof ResponseData data) {
            return data.getHttpStatus() == null ? 0 : data.getHttpStatus().value();
        }
        return response != null && SERVLETS ? Servlets.status(response) : 0;
    }

    /** Loaded only where the gateway for servlets may be: what it hands in is what it is going to answer. */
    private static final class Servlets {
        static int status(Object response) {
            return response instanceof ServerResponse answer
                    ? answer.statusCode().value()
                    : 0;
        }
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
