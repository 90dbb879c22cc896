package dev.zerohop.kubernetes;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import java.net.http.HttpClient.Redirect;
import java.net.http.HttpClient.Version;

/**
 * The JDK's HTTP client, with the settings for the API server.
 *
 * <p>HTTP/1.1 only: an API server ends HTTP/2 connections with GOAWAY when it does not accept the client's credentials, and sometimes at random, and the
 * JDK's client, at least up to 17, then fails every request on the connection, so that neither the answer nor its 401 is seen. Lists are few and watches are
 * WebSockets, which are HTTP/1.1 in any case. No redirects: the token is for the API server.
 */
final class Transport extends JdkHttpClientFactory {
    private Transport() {}

    static HttpClient of(Config config) {
        return new Transport().newBuilder(config).build();
    }

    @Override
    protected void additionalConfig(java.net.http.HttpClient.Builder builder) {
        builder.version(Version.HTTP_1_1).followRedirects(Redirect.NEVER);
    }
}
