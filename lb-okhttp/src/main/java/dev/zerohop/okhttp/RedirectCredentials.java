package dev.zerohop.okhttp;

import okhttp3.Authenticator;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * Keeps an {@code Authorization} header from following a redirect to another host. Plain OkHttp drops it there, and its interceptors do not run again.
 * A redirect that is followed above them does run those again that were added after the routing, and what they add was meant for the host of the call.
 *
 * <p>What the client's authenticator answers the other host with is sent. Used by the call's thread only.
 */
final class RedirectCredentials {
    private static final String AUTHORIZATION = "Authorization";

    private boolean elsewhere;
    private @Nullable String granted;

    /** The request that follows goes where the caller sent it. */
    void begin() {
        elsewhere = false;
        granted = null;
    }

    /** The request that follows goes to another host; no later one gets the header back, as none does with plain OkHttp. */
    void redirected() {
        elsewhere = true;
        granted = null;
    }

    /** The request without what is not for its host. */
    Request withheld(Request request) {
        return withholds(request)
                ? request.newBuilder().removeHeader(AUTHORIZATION).build()
                : request;
    }

    /** The response to the request as it was sent. */
    Response asSent(Response response) {
        Request request = response.request();
        Response prior = response.priorResponse();
        Response sentPrior = prior == null ? null : asSent(prior);
        if (sentPrior == prior && !withholds(request)) {
            return response;
        }
        return response.newBuilder()
                .request(withheld(request))
                .priorResponse(sentPrior)
                .build();
    }

    private boolean withholds(Request request) {
        String value = elsewhere ? request.header(AUTHORIZATION) : null;
        return value != null && !value.equals(granted);
    }

    /** The client's authenticator, which sees requests as they were sent: many take a header that is there for one that was refused. */
    Authenticator over(Authenticator users) {
        return (route, response) -> {
            Request next = users.authenticate(
                    route,
                    response.newBuilder().request(withheld(response.request())).build());
            granted = next == null ? null : next.header(AUTHORIZATION);
            return next;
        };
    }
}
