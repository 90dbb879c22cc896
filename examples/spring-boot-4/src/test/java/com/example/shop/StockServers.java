package com.example.shop;

import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Three servers of gRPC, which count their calls. */
final class StockServers implements AutoCloseable {
    /** An article about which no server answers. */
    static final String NEVER = "never";

    private final List<Server> servers = new ArrayList<>();
    private final List<AtomicInteger> calls = new ArrayList<>();
    private final List<String> addresses;

    StockServers() {
        for (int i = 0; i < 3; i++) {
            AtomicInteger count = new AtomicInteger();
            try {
                servers.add(NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                        .addService(ServerServiceDefinition.builder("Stock")
                                .addMethod(StockGrpc.COUNT, ServerCalls.asyncUnaryCall((article, answer) -> {
                                    count.incrementAndGet();
                                    if (article.equals(NEVER)) {
                                        return;
                                    }
                                    answer.onNext("5");
                                    answer.onCompleted();
                                }))
                                .build())
                        .build()
                        .start());
                calls.add(count);
            } catch (IOException failed) {
                throw new UncheckedIOException(failed);
            }
        }
        // A server that has ended has no port.
        addresses = servers.stream().map(server -> "127.0.0.1:" + server.getPort()).toList();
    }

    String target() {
        return "static:///" + String.join(",", addresses());
    }

    List<String> addresses() {
        return addresses;
    }

    /** The first call goes to whichever server is connected first. */
    void callUntilAllAreConnected(StockGrpc.BlockingStub stock) {
        while (calls().contains(0)) {
            stock.count("7");
        }
    }

    List<Integer> calls() {
        return calls.stream().map(AtomicInteger::get).toList();
    }

    void forget() {
        calls.forEach(count -> count.set(0));
    }

    void killOne() {
        servers.get(0).shutdownNow();
    }

    void killAll() {
        servers.forEach(Server::shutdownNow);
    }

    @Override
    public void close() {
        killAll();
    }
}
