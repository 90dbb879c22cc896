package dev.zerohop.spring;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import okhttp3.Call;
import org.springframework.http.HttpMethod;
import org.springframework.http.client.ClientHttpRequest;
import org.springframework.http.client.ClientHttpRequestFactory;

/**
 * Sends the requests of {@code RestClient}, {@code RestTemplate} and HTTP interfaces by OkHttp, on Spring 6.2 and on 7, which has no such factory of its own. Thread-safe.
 */
public final class ZerohopRequestFactory implements ClientHttpRequestFactory {

    /**
     * The attribute of a request that holds the key of the call: {@code restClient.get().attribute(ZerohopRequestFactory.KEY, "customer-7")}. A {@link dev.zerohop.EndpointSelector}, a {@code Long} or
     * {@code Integer} for an integer key, or anything else for its text.
     */
    public static final String KEY = "dev.zerohop.key";

    private final Call.Factory client;

    /** Over this client, which routes or does not. */
    public ZerohopRequestFactory(Call.Factory client) {
        this.client = requireNonNull(client, "client");
    }

    @Override
    public ClientHttpRequest createRequest(URI uri, HttpMethod method) {
        return new OkHttpRequest(client, uri, method);
    }
}
