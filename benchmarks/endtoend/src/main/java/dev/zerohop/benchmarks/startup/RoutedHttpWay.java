package dev.zerohop.benchmarks.startup;

import dev.zerohop.okhttp.ZerohopOkHttp;
import okhttp3.OkHttpClient;

/** {@link HttpWay} with a route for each service. */
final class RoutedHttpWay {
    private RoutedHttpWay() {}

    static Way of(int services, String[] ports) {
        ZerohopOkHttp.Builder routing = ZerohopOkHttp.builder();
        for (int service = 0; service < services; service++) {
            routing.route(HttpWay.name(service), Way.target(service, ports, Way.SERVERS));
        }
        OkHttpClient client =
                routing.build().install(new OkHttpClient.Builder()).build();
        return new HttpWay(client, HttpWay.urls(services, ""));
    }
}
