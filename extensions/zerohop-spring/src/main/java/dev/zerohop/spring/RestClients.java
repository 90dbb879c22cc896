package dev.zerohop.spring;

import okhttp3.OkHttpClient;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.http.client.ClientHttpRequestFactory;
import org.springframework.web.client.RestClient;

/** Makes the clients of one service: of builders what Spring Boot has set up for all, and zerohop below it. */
final class RestClients {
    static final String BEAN = "zerohopRestClients";

    private final ObjectProvider<RestClient.Builder> ofBoot;
    private final ZerohopHttp http;

    RestClients(ObjectProvider<RestClient.Builder> ofBoot, ZerohopHttp http) {
        this.ofBoot = ofBoot;
        this.http = http;
    }

    RestClient.Builder builder(String name) {
        // A builder that the application has made as one for all stays as it is.
        return ofBoot.getIfAvailable(RestClient::builder)
                .clone()
                .requestFactory(http.requestFactory(name))
                .baseUrl("http://" + name);
    }

    ClientHttpRequestFactory requestFactory(String name) {
        return http.requestFactory(name);
    }

    OkHttpClient client(String name) {
        return http.client(name);
    }
}
