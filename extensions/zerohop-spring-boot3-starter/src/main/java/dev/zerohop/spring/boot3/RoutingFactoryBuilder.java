package dev.zerohop.spring.boot3;

import dev.zerohop.spring.ZerohopHttp;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.http.client.ClientHttpRequestFactoryBuilder;
import org.springframework.boot.http.client.ClientHttpRequestFactorySettings;
import org.springframework.http.client.ClientHttpRequestFactory;

/** Puts zerohop before what Spring Boot builds, with the same settings, for the hosts that are services. */
record RoutingFactoryBuilder(ClientHttpRequestFactoryBuilder<?> others, ZerohopHttp http)
        implements ClientHttpRequestFactoryBuilder<ClientHttpRequestFactory> {

    @Override
    public ClientHttpRequestFactory build(@Nullable ClientHttpRequestFactorySettings settings) {
        ClientHttpRequestFactory factory = others.build(settings);
        return settings == null
                ? http.routing(factory, null, null, true, null)
                : http.routing(
                        factory,
                        settings.connectTimeout(),
                        settings.readTimeout(),
                        settings.redirects() != ClientHttpRequestFactorySettings.Redirects.DONT_FOLLOW,
                        settings.sslBundle());
    }
}
