package dev.zerohop.benchmarks.startup;

import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;

/** One OkHttp client, and another URL for each service. */
record HttpWay(OkHttpClient client, List<String> urls) implements Way {

    /** To one server; several services are names of it, so that each has a connection of its own. */
    static Way bare(int services, String[] ports) {
        String port = ports[SERVERS];
        if (services == 1) {
            return new HttpWay(new OkHttpClient(), List.of("http://127.0.0.1:" + port + "/"));
        }
        OkHttpClient client = new OkHttpClient.Builder()
                .dns(name -> List.of(InetAddress.getLoopbackAddress()))
                .build();
        return new HttpWay(client, urls(services, ":" + port));
    }

    static String name(int service) {
        return "service-" + service;
    }

    static List<String> urls(int services, String port) {
        String[] urls = new String[services];
        for (int service = 0; service < services; service++) {
            urls[service] = "http://" + name(service) + port + "/";
        }
        return List.of(urls);
    }

    @Override
    public void call(int service) throws IOException {
        Request request = new Request.Builder().url(urls.get(service)).build();
        try (Response response = client.newCall(request).execute()) {
            if (response.code() != 200 || response.body().bytes().length == 0) {
                throw new IOException("answer " + response);
            }
        }
    }
}
