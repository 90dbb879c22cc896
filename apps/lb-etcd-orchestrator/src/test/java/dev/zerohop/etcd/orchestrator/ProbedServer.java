package dev.zerohop.etcd.orchestrator;

import com.google.protobuf.Int32Value;
import com.sun.net.httpserver.HttpServer;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCalls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** A server that counts its probes and answers them as it is told. */
final class ProbedServer implements AutoCloseable {
    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "probed");
        thread.setDaemon(true);
        return thread;
    });

    final AtomicInteger probes = new AtomicInteger();
    volatile int status = 200;

    ProbedServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/health", exchange -> {
            probes.incrementAndGet();
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
        });
        server.start();
    }

    /** gRPC's health service, which says of every service that it is serving. */
    static ServerServiceDefinition serving() {
        return ServerServiceDefinition.builder("grpc.health.v1.Health")
                .addMethod(GrpcProber.CHECK, ServerCalls.asyncUnaryCall((service, answer) -> {
                    answer.onNext(Int32Value.of(1));
                    answer.onCompleted();
                }))
                .build();
    }

    int port() {
        return server.getAddress().getPort();
    }

    String json() {
        return "{\"address\": \"127.0.0.1:" + port() + "\"}";
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
