package dev.zerohop.okhttp;

import java.io.IOException;
import java.net.Proxy;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import okhttp3.ConnectionPool;
import okhttp3.ConnectionSpec;
import okhttp3.Cookie;
import okhttp3.CookieJar;
import okhttp3.HttpUrl;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * Calls that the client's cache may answer. OkHttp looks there below the application's interceptors, where no endpoint is needed yet. Without an endpoint
 * such a call goes there only if the cache has the answer, so that interceptors and listeners see no attempt that leads nowhere.
 */
final class CacheFirst {
    /** Stays empty: what is proceeded with over it never connects. */
    private static final ConnectionPool NO_CONNECTIONS = new ConnectionPool(0, 1, TimeUnit.SECONDS);

    /** Looks into caches without the calls' interceptors and listeners. It never connects, so it loads no certificates either. */
    private static final OkHttpClient ASIDE = new OkHttpClient.Builder()
            .connectionSpecs(List.of(ConnectionSpec.CLEARTEXT))
            .connectionPool(NO_CONNECTIONS)
            .proxy(Proxy.NO_PROXY)
            .build();

    private CacheFirst() {}

    /** The call goes on to the network, and there is no endpoint for it. */
    static final class NetworkNeededException extends UnknownHostException {
        private static final long serialVersionUID = 1;

        NetworkNeededException(String host) {
            super(host + " has no endpoint, and the answer is not in the cache");
        }
    }

    /** Whether the cache may answer it. */
    static boolean may(Interceptor.Chain chain, Request request) {
        if (request.header("Upgrade") != null) {
            return false;
        }
        boolean cacheable = request.method().equals("GET")
                || request.method().equals("QUERY")
                || request.cacheUrlOverride() != null;
        return (chain.getCache() != null && cacheable) || request.cacheControl().onlyIfCached();
    }

    /**
     * Whether OkHttp answers the request, as it stands here, without the network. What interceptors that were added after the routing would make of the
     * request is not known.
     */
    static boolean answers(Interceptor.Chain chain, Request request) {
        if (request.cacheControl().onlyIfCached()) {
            return true;
        }
        OkHttpClient aside = ASIDE.newBuilder()
                .cache(chain.getCache())
                .cookieJar(new SentCookies(chain.getCookieJar()))
                .followRedirects(chain.getFollowRedirects())
                .followSslRedirects(chain.getFollowSslRedirects())
                .build();
        Request look = request.newBuilder()
                .addHeader("Cache-Control", "only-if-cached")
                .build();
        try (Response found = aside.newCall(look).execute()) {
            return found.cacheResponse() != null;
        } catch (IOException unreadable) {
            return false;
        }
    }

    /** What a look sends are the call's cookies; what it finds is not an answer that brings any. */
    private record SentCookies(CookieJar users) implements CookieJar {
        @Override
        public List<Cookie> loadForRequest(HttpUrl url) {
            return users.loadForRequest(url);
        }

        @Override
        public void saveFromResponse(HttpUrl url, List<Cookie> cookies) {}
    }

    /** The cache's answer, without an endpoint; null if an interceptor made it a request for the network. */
    static @Nullable Response answer(Interceptor.Chain chain, CallState call, Request request) throws IOException {
        call.beginWithoutEndpoint();
        try {
            return chain.withDns(host -> {
                        throw new NetworkNeededException(host);
                    })
                    .withProxy(Proxy.NO_PROXY)
                    .withConnectionPool(NO_CONNECTIONS)
                    .withRetryOnConnectionFailure(false)
                    .proceed(request);
        } catch (NetworkNeededException miss) {
            return null;
        } finally {
            call.endWithoutEndpoint();
        }
    }
}
