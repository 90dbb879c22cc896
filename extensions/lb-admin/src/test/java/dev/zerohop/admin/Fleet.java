package dev.zerohop.admin;

import com.sun.net.httpserver.HttpServer;
import dev.zerohop.Balancer;
import dev.zerohop.config.Balancers;
import dev.zerohop.okhttp.ZerohopOkHttp;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import okhttp3.ConnectionPool;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;

/** Real servers on loopback, and a client that balances over them. */
final class Fleet implements AutoCloseable {
    private final List<HttpServer> servers = new ArrayList<>();
    private final Balancer balancer;
    private final ZerohopOkHttp routing;
    private final OkHttpClient client;

    private Fleet(String name, String... ids) throws IOException {
        StringBuilder target = new StringBuilder("static:///");
        for (String id : ids) {
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.createContext("/", exchange -> {
                try (exchange) {
                    exchange.sendResponseHeaders(200, -1);
                }
            });
            server.start();
            target.append(servers.isEmpty() ? "" : ",")
                    .append("127.0.0.1:")
                    .append(server.getAddress().getPort())
                    .append(";id=")
                    .append(id)
                    .append(";zone=a;ordinal=")
                    .append(servers.size());
            servers.add(server);
        }
        this.balancer = Balancers.forTarget(target.toString()).name(name).build();
        this.routing = ZerohopOkHttp.builder().route("orders", balancer).build();
        this.client = routing.install(new OkHttpClient.Builder()
                        .connectionPool(new ConnectionPool(0, 1, java.util.concurrent.TimeUnit.MILLISECONDS)))
                .build();
        balancer.start();
    }

    static Fleet of(String name, String... ids) throws IOException {
        return new Fleet(name, ids);
    }

    Balancer balancer() {
        return balancer;
    }

    void call(int times) throws IOException {
        for (int i = 0; i < times; i++) {
            try (Response response = client.newCall(
                            new Request.Builder().url("http://orders/").build())
                    .execute()) {
                if (!response.isSuccessful()) {
                    throw new IOException("was answered with " + response.code());
                }
            }
        }
    }

    void kill(int server) {
        servers.get(server).stop(0);
    }

    @Override
    public void close() {
        routing.close();
        balancer.close();
        client.connectionPool().evictAll();
        client.dispatcher().executorService().shutdown();
        servers.forEach(server -> server.stop(0));
    }
}
