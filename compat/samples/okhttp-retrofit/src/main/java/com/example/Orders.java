package com.example;

import com.sun.net.httpserver.HttpServer;
import dev.zerohop.okhttp.ZerohopOkHttp;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;
import okhttp3.OkHttp;
import okhttp3.OkHttpClient;
import okhttp3.ResponseBody;
import retrofit2.Call;
import retrofit2.Retrofit;
import retrofit2.http.GET;

/** Two real servers, one Retrofit service that calls both, and one server that dies. */
public final class Orders {
    interface Api {
        @GET("v1/orders/42")
        Call<ResponseBody> order();
    }

    public static void main(String[] args) throws Exception {
        HttpServer a = server("a");
        HttpServer b = server("b");
        ZerohopOkHttp zerohop = ZerohopOkHttp.builder()
                .route(
                        "orders",
                        "static:///127.0.0.1:" + a.getAddress().getPort() + ",127.0.0.1:"
                                + b.getAddress().getPort())
                .build();
        OkHttpClient client = zerohop.install(new OkHttpClient.Builder()).build();
        Api orders = new Retrofit.Builder()
                .baseUrl("http://orders/")
                .client(client)
                .build()
                .create(Api.class);
        try {
            Set<String> both = call(orders, 10);
            b.stop(0);
            Set<String> left = call(orders, 10);
            System.out.println("OkHttp " + OkHttp.VERSION + ": reached " + both + ", and " + left + " after the death of b");
            if (!both.equals(Set.of("a", "b")) || !left.equals(Set.of("a"))) {
                throw new IllegalStateException("expected [a, b], then [a]");
            }
        } finally {
            zerohop.close();
            a.stop(0);
            b.stop(0);
        }
    }

    private static Set<String> call(Api orders, int times) throws IOException {
        Set<String> reached = new TreeSet<>();
        for (int i = 0; i < times; i++) {
            try (ResponseBody answer = orders.order().execute().body()) {
                reached.add(answer.string());
            }
        }
        return reached;
    }

    private static HttpServer server(String name) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/", exchange -> {
            byte[] answer = name.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        server.start();
        return server;
    }
}
