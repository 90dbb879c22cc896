package dev.zerohop.examples.kubernetes;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * A server of orders over gRPC and HTTP that shuts down gracefully: from SIGTERM on it is not ready, continues to answer while clients move to other pods,
 * and ends when its calls have ended.
 *
 * <p>Environment: {@code POD_NAME}, {@code GRPC_PORT} (9090), {@code HTTP_PORT} (8080), {@code DRAIN_SECONDS} (5), {@code MAX_CONNECTION_AGE_SECONDS} (0: no limit).
 */
public final class OrdersServer {
    private final String pod;
    private final int drainSeconds;
    private final Server grpc;
    private final HttpServer http;
    private volatile boolean ready = true;

    OrdersServer(Environment environment) throws IOException {
        pod = environment.text("POD_NAME", "orders");
        drainSeconds = environment.number("DRAIN_SECONDS", 5, 0, 600);
        int age = environment.number("MAX_CONNECTION_AGE_SECONDS", 0, 0, 86_400);
        NettyServerBuilder builder = NettyServerBuilder.forPort(
                        environment.number("GRPC_PORT", 9090, 0, 65_535), InsecureServerCredentials.create())
                .addService(ServerServiceDefinition.builder("shop.Orders")
                        .addMethod(Orders.PLACE, ServerCalls.asyncUnaryCall((account, answer) -> {
                            answer.onNext(pod);
                            answer.onCompleted();
                        }))
                        .build());
        if (age > 0) {
            builder.maxConnectionAge(age, TimeUnit.SECONDS);
        }
        grpc = builder.build().start();
        http = HttpServer.create(new InetSocketAddress(environment.number("HTTP_PORT", 8080, 0, 65_535)), 128);
        http.createContext("/", exchange -> answer(exchange, 200, pod));
        http.createContext("/health/live", exchange -> answer(exchange, 200, "alive"));
        http.createContext(
                "/health/ready", exchange -> answer(exchange, ready ? 200 : 503, ready ? "ready" : "draining"));
        http.setExecutor(Executors.newFixedThreadPool(8, task -> {
            Thread thread = new Thread(task, "orders-http");
            thread.setDaemon(true);
            return thread;
        }));
        http.start();
    }

    private static void answer(HttpExchange exchange, int status, String text) throws IOException {
        try (exchange) {
            byte[] body = text.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    int grpcPort() {
        return grpc.getPort();
    }

    int httpPort() {
        return http.getAddress().getPort();
    }

    boolean ready() {
        return ready;
    }

    /** Reports not ready, waits for clients to move to other pods, then waits for running calls to end. */
    void drain() throws InterruptedException {
        ready = false;
        TimeUnit.SECONDS.sleep(drainSeconds);
        grpc.shutdown();
        http.stop(1);
        if (!grpc.awaitTermination(20, TimeUnit.SECONDS)) {
            grpc.shutdownNow();
        }
    }

    /** Runs until SIGTERM. */
    public static void main(String[] args) throws Exception {
        OrdersServer server = new OrdersServer(new Environment(System.getenv()));
        CountDownLatch drained = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                server.drain();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            } finally {
                drained.countDown();
            }
        }));
        System.out.println(server.pod + " serves gRPC on " + server.grpcPort() + " and HTTP on " + server.httpPort());
        drained.await();
    }
}
