package dev.zerohop.spring;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.web.client.RestClient;

/** Builders of clients that go to one service: what Spring Boot has set up for all, and zerohop below it. */
final class RestClients {
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
}
