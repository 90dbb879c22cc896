package dev.zerohop.okhttp;

import okhttp3.Headers;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okhttp3.ResponseBody;
import okio.Buffer;
import okio.BufferedSource;
import okio.Okio;
import okio.Source;
import okio.Timeout;
import org.jspecify.annotations.Nullable;

/** What OkHttp does with a redirect, for those that it is not to follow by itself because they leave or enter a service. */
final class Redirects {

    private Redirects() {}

    /** Where this response sends the caller, under the client's own rules; null if nowhere. */
    static @Nullable HttpUrl target(Response response, boolean followSslRedirects) {
        String location = response.header("Location");
        if (location == null || !redirects(response.code())) {
            return null;
        }
        HttpUrl from = response.request().url();
        HttpUrl target = from.resolve(location);
        if (target == null || (!followSslRedirects && !target.scheme().equals(from.scheme()))) {
            return null;
        }
        return target;
    }

    private static boolean redirects(int code) {
        return (code >= 300 && code <= 303) || code == 307 || code == 308;
    }

    /** Whether both lead to one scheme, host and port. */
    static boolean sameOrigin(HttpUrl one, HttpUrl other) {
        return one.scheme().equals(other.scheme()) && one.host().equals(other.host()) && one.port() == other.port();
    }

    /** Whether the request can be sent on: not if it would need a body again that can be sent only once. */
    static boolean followable(Request request, int code) {
        RequestBody body = request.body();
        return body == null || !body.isOneShot() || !keepsBody(request.method(), code);
    }

    /** The request that follows. */
    static Request followUp(Request request, int code, HttpUrl target) {
        // What was said of the attempt before is not true of the next service.
        Request.Builder next = request.newBuilder()
                .url(target)
                .removeHeader("Authorization")
                .removeHeader(RoutingInterceptor.NOT_OWNER)
                .removeHeader(RoutingInterceptor.SHARD_EPOCH);
        String method = request.method();
        if (!method.equals("GET") && !method.equals("HEAD")) {
            RequestBody body = request.body();
            if (keepsBody(method, code)) {
                next.method(method, body);
            } else {
                next.method("GET", null)
                        .removeHeader("Transfer-Encoding")
                        .removeHeader("Content-Length")
                        .removeHeader("Content-Type");
            }
        }
        return next.build();
    }

    /** The response with the one that led to it at the far end of its own chain of prior responses. */
    static Response after(Response prior, Response response) {
        Response own = response.priorResponse();
        return response.newBuilder()
                .priorResponse(own == null ? prior : after(prior, own))
                .build();
    }

    /** A response that was followed: as it was sent, with a body that is gone. */
    static Response followed(Response response, Headers sent) {
        return response.newBuilder()
                .headers(sent)
                .body(new FollowedBody(
                        response.body().contentType(), response.body().contentLength()))
                .build();
    }

    private static boolean keepsBody(String method, int code) {
        boolean safeMethod = method.equals("PROPFIND") || (method.equals("QUERY") && code != 303);
        return code == 307 || code == 308 || safeMethod;
    }

    /** As OkHttp leaves it to the prior responses of its own redirects. */
    private static final class FollowedBody extends ResponseBody {
        private final @Nullable MediaType contentType;
        private final long contentLength;

        FollowedBody(@Nullable MediaType contentType, long contentLength) {
            this.contentType = contentType;
            this.contentLength = contentLength;
        }

        @Override
        public @Nullable MediaType contentType() {
            return contentType;
        }

        @Override
        public long contentLength() {
            return contentLength;
        }

        @Override
        public BufferedSource source() {
            return Okio.buffer(new Source() {
                @Override
                public long read(Buffer sink, long byteCount) {
                    throw new IllegalStateException("the body of a response that was followed cannot be read");
                }

                @Override
                public Timeout timeout() {
                    return Timeout.NONE;
                }

                @Override
                public void close() {}
            });
        }
    }
}
