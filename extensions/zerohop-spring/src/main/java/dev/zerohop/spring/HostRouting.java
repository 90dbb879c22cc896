package dev.zerohop.spring;

import java.io.IOException;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import okhttp3.OkHttpClient;
import org.springframework.http.HttpMethod;
import org.springframework.http.client.ClientHttpRequest;
import org.springframework.http.client.ClientHttpRequestFactory;

/** Requests to services over zerohop, all others by the factory that would have been used without it. */
final class HostRouting implements ClientHttpRequestFactory {
    private final ZerohopHttp http;
    private final ClientHttpRequestFactory others;
    private final Consumer<OkHttpClient.Builder> change;
    private final Map<String, ClientHttpRequestFactory> services = new ConcurrentHashMap<>();

    HostRouting(ZerohopHttp http, ClientHttpRequestFactory others, Consumer<OkHttpClient.Builder> change) {
        this.http = http;
        this.others = others;
        this.change = change;
    }

    @Override
    public ClientHttpRequest createRequest(URI uri, HttpMethod method) throws IOException {
        String host = uri.getHost();
        if (host == null || !http.routes(host)) {
            return others.createRequest(uri, method);
        }
        return services.computeIfAbsent(host, name -> new ZerohopRequestFactory(http.client(name, change)))
                .createRequest(uri, method);
    }
}
