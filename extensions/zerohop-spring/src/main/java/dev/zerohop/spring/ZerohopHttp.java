package dev.zerohop.spring;

import dev.zerohop.okhttp.ZerohopOkHttp;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.http.client.ClientHttpRequestFactory;

/**
 * The HTTP clients of services. The balancer of a service is made with its first client, and shared by all of them. Thread-safe.
 */
public final class ZerohopHttp implements AutoCloseable {
    private final ZerohopServices services;
    private final List<ZerohopCustomizer> customizers;

    /** One dispatcher for all. */
    private final OkHttpClient base = new OkHttpClient();

    private final Map<String, ZerohopOkHttp> routings = new LinkedHashMap<>();
    private boolean closed;

    ZerohopHttp(ZerohopServices services, List<ZerohopCustomizer> customizers) {
        this.services = services;
        this.customizers = List.copyOf(customizers);
    }

    /** Whether the host of a URL is a service that HTTP clients may take. */
    public boolean routes(String host) {
        return services.has(host, ZerohopProperties.Adapter.OKHTTP);
    }

    /**
     * A client that routes {@code http://NAME/} to the service.
     *
     * @throws IllegalArgumentException if there is no such service, or it is for clients of another kind
     * @throws IllegalStateException after the application has ended
     */
    public OkHttpClient client(String name) {
        return client(name, builder -> {});
    }

    /** The same, changed after all customizers. */
    public OkHttpClient client(String name, Consumer<OkHttpClient.Builder> change) {
        OkHttpClient.Builder builder = base.newBuilder();
        customizers.forEach(customizer -> customizer.customize(name, builder));
        change.accept(builder);
        return routing(name).install(builder).build();
    }

    /** {@link #client(String)} as Spring's clients take it. */
    public ClientHttpRequestFactory requestFactory(String name) {
        return new ZerohopRequestFactory(client(name));
    }

    /**
     * Sends what goes to the name of a service over zerohop, and everything else by another factory. What is stated here is put in force for services after all customizers; null for what is to stay.
     *
     * @param others for all other hosts
     */
    public ClientHttpRequestFactory routing(
            ClientHttpRequestFactory others,
            @Nullable Duration connectTimeout,
            @Nullable Duration readTimeout,
            boolean followRedirects,
            @Nullable SslBundle tls) {
        return new HostRouting(this, others, client -> {
            if (connectTimeout != null) {
                client.connectTimeout(connectTimeout);
            }
            if (readTimeout != null) {
                client.readTimeout(readTimeout);
            }
            if (!followRedirects) {
                client.followRedirects(false);
            }
            if (tls != null) {
                client.sslSocketFactory(tls.createSslContext().getSocketFactory(), trusted(tls));
            }
        });
    }

    private static X509TrustManager trusted(SslBundle tls) {
        TrustManager[] managers = tls.getManagers().getTrustManagers();
        return Arrays.stream(managers)
                .filter(X509TrustManager.class::isInstance)
                .map(X509TrustManager.class::cast)
                .findFirst()
                .orElseThrow(
                        () -> new IllegalStateException("the SSL bundle had no trust manager for X.509, expected one"));
    }

    private synchronized ZerohopOkHttp routing(String name) {
        if (closed) {
            throw new IllegalStateException(name + ": a client was asked for after the application had ended");
        }
        return routings.computeIfAbsent(name, this::newRouting);
    }

    private ZerohopOkHttp newRouting(String name) {
        ZerohopOkHttp.Builder builder = ZerohopOkHttp.builder()
                .route(name, services.target(name, ZerohopProperties.Adapter.OKHTTP))
                .listener(services.tracker());
        customizers.forEach(customizer -> customizer.customize(name, builder));
        return builder.build();
    }

    /** Stops the balancers. Calls under way end in peace; later ones fail. */
    @Override
    public synchronized void close() {
        closed = true;
        routings.values().forEach(ZerohopOkHttp::close);
    }
}
