package dev.zerohop.spring.boot;

import dev.zerohop.spring.ZerohopHttp;
import java.util.Arrays;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.http.client.ClientHttpRequestFactoryBuilder;
import org.springframework.boot.http.client.HttpClientSettings;
import org.springframework.boot.http.client.HttpRedirects;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.http.client.ClientHttpRequestFactory;

/** Puts zerohop before what Spring Boot builds, with the same settings, for the hosts that are services. */
final class RoutingFactoryBuilder implements ClientHttpRequestFactoryBuilder<ClientHttpRequestFactory> {
    private final ClientHttpRequestFactoryBuilder<?> others;
    private final ZerohopHttp http;

    RoutingFactoryBuilder(ClientHttpRequestFactoryBuilder<?> others, ZerohopHttp http) {
        this.others = others;
        this.http = http;
    }

    @Override
    public ClientHttpRequestFactory build(@Nullable HttpClientSettings settings) {
        return http.routing(others.build(settings), client -> apply(settings, client));
    }

    private static void apply(@Nullable HttpClientSettings settings, OkHttpClient.Builder client) {
        if (settings == null) {
            return;
        }
        if (settings.connectTimeout() != null) {
            client.connectTimeout(settings.connectTimeout());
        }
        if (settings.readTimeout() != null) {
            client.readTimeout(settings.readTimeout());
        }
        if (settings.redirects() == HttpRedirects.DONT_FOLLOW) {
            client.followRedirects(false);
        }
        SslBundle tls = settings.sslBundle();
        if (tls != null) {
            client.sslSocketFactory(tls.createSslContext().getSocketFactory(), trusted(tls));
        }
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
}
