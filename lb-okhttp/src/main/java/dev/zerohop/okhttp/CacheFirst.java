package dev.zerohop.okhttp;

import java.io.IOException;
import java.net.Proxy;
import java.net.UnknownHostException;
import java.util.concurrent.TimeUnit;
import okhttp3.ConnectionPool;
import okhttp3.Interceptor;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/** Calls that the client's cache may answer. OkHttp looks there below the application's interceptors, where no endpoint is needed yet. */
final class CacheFirst {
    /** Stays empty: what is proceeded with over it never connects. */
    private static final ConnectionPool NO_CONNECTIONS = new ConnectionPool(0, 1, TimeUnit.SECONDS);

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

    /** The cache's answer, without an endpoint; null if it has none and the network may be asked. */
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
