package com.example.shop;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** Three servers of HTTP, which count their calls. */
final class OrdersServers implements AutoCloseable {
    static {
        // Otherwise each answer, which it writes in two parts, waits 40 ms for the acknowledgement of the first.
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private final List<HttpServer> servers = new ArrayList<>();
    private final List<AtomicInteger> calls = new ArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    OrdersServers() {
        for (int i = 0; i < 3; i++) {
            AtomicInteger count = new AtomicInteger();
            try {
                HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
                server.createContext("/orders/", exchange -> {
                    count.incrementAndGet();
                    byte[] answer = ("order " + exchange.getRequestURI().getPath().substring(8)).getBytes();
                    exchange.sendResponseHeaders(200, answer.length);
                    exchange.getResponseBody().write(answer);
                    exchange.close();
                });
                server.setExecutor(threads);
                server.start();
                servers.add(server);
                calls.add(count);
            } catch (IOException failed) {
                throw new UncheckedIOException(failed);
            }
        }
    }

    List<String> addresses() {
        return servers.stream()
                .map(server -> "127.0.0.1:" + server.getAddress().getPort())
                .toList();
    }

    String target() {
        return "static:///" + String.join(",", addresses());
    }

    List<Integer> calls() {
        return calls.stream().map(AtomicInteger::get).toList();
    }

    void forget() {
        calls.forEach(count -> count.set(0));
    }

    String killOne() {
        servers.get(0).stop(0);
        return addresses().get(0);
    }

    void killAll() {
        servers.forEach(server -> server.stop(0));
    }

    @Override
    public void close() {
        killAll();
        threads.shutdownNow();
    }
}
