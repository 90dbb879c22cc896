package dev.zerohop.benchmarks.etcd;

import dev.zerohop.Balancer;
import dev.zerohop.EndpointSet;
import dev.zerohop.NoEndpointException;
import dev.zerohop.Outcome;
import dev.zerohop.PickContext;
import dev.zerohop.Resolution;
import dev.zerohop.Resolver;
import dev.zerohop.config.Configurations;
import dev.zerohop.etcd.EtcdClient;
import io.grpc.CallOptions;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

/**
 * What a client feels of a real etcd on loopback: start and memory with many endpoints, from a write to the first call that obeys it, and from etcd's
 * return to the agreement of several clients. Arguments: the etcd binary, endpoints, starts, changes of weight, restarts, file for the result.
 */
public final class EtcdFigures {
    private static final int CLIENTS = 10;
    private static final int WARMUP = 50;

    private final EtcdProcess etcd;

    private EtcdFigures(EtcdProcess etcd) {
        this.etcd = etcd;
    }

    public static void main(String[] arguments) throws Exception {
        int endpoints = Integer.parseInt(arguments[1]);
        String json;
        try (EtcdProcess etcd = new EtcdProcess(arguments[0])) {
            EtcdFigures figures = new EtcdFigures(etcd);
            etcd.endpoints(endpoints);
            List<Double> starts = figures.starts(Integer.parseInt(arguments[2]));
            long bytes = figures.bytesPerEndpoint(endpoints);
            List<Double> restarts = figures.restarts(Integer.parseInt(arguments[4]));
            json = "{\n  \"endpoints\": " + endpoints + ",\n  \"clients\": " + CLIENTS + ",\n  \"startMillis\": "
                    + list(starts) + ",\n  \"bytesPerEndpoint\": " + bytes + ",\n  \"agreementMillis\": "
                    + list(restarts);
        }
        try (EtcdProcess etcd = new EtcdProcess(arguments[0])) {
            List<Double> changes = new EtcdFigures(etcd).changes(Integer.parseInt(arguments[3]));
            json += ",\n  \"changeMillis\": {\"n\": " + changes.size() + ", \"p50\": " + percentile(changes, 50)
                    + ", \"p99\": " + percentile(changes, 99) + ", \"max\": " + percentile(changes, 100) + "}\n}\n";
        }
        Files.writeString(Path.of(arguments[5]), json);
        System.out.print(json);
        System.exit(0);
    }

    private Balancer balancer(EtcdClient client) {
        return Balancer.builder("orders")
                .resolver(client.resolver("orders"))
                .settings(Configurations.defaults())
                .build();
    }

    private static void firstPick(Balancer balancer) {
        while (true) {
            try {
                balancer.acquire(PickContext.NONE).complete(Outcome.SUCCESS);
                return;
            } catch (NoEndpointException notYet) {
                LockSupport.parkNanos(100_000);
            }
        }
    }

    // ---- many endpoints ----

    /** From nothing to the first pick; the first of them is also the first of the process. */
    private List<Double> starts(int count) {
        List<Double> millis = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long begun = System.nanoTime();
            try (EtcdClient client = EtcdClient.of(etcd.address());
                    Balancer balancer = balancer(client)) {
                balancer.start();
                firstPick(balancer);
                millis.add(since(begun));
            }
        }
        return millis;
    }

    /** What the heap holds more while one client follows and balances. */
    private long bytesPerEndpoint(int endpoints) {
        long before = heapInUse();
        try (EtcdClient client = EtcdClient.of(etcd.address());
                Balancer balancer = balancer(client)) {
            balancer.start();
            firstPick(balancer);
            return (heapInUse() - before) / endpoints;
        }
    }

    private static long heapInUse() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            System.gc();
            LockSupport.parkNanos(200_000_000);
            Runtime runtime = Runtime.getRuntime();
            least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
        }
        return least;
    }

    // ---- etcd comes back ----

    /** From etcd's first answer after a restart to the moment when every client has what was written then. */
    private List<Double> restarts(int count) throws Exception {
        List<EtcdClient> clients = new ArrayList<>();
        List<Following> followers = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            EtcdClient client = EtcdClient.of(etcd.address());
            clients.add(client);
            followers.add(new Following(client.resolver("orders")));
        }
        List<Double> millis = new ArrayList<>();
        for (int round = 1; round <= count; round++) {
            etcd.kill();
            // Long enough for every client to wait as long as it ever does.
            LockSupport.parkNanos(10_000_000_000L);
            etcd.launch();
            etcd.awaitAnswer();
            long begun = System.nanoTime();
            etcd.weights("{\"e0\": " + (100 + round) + "}");
            for (Following follower : followers) {
                follower.awaitWeight(100 + round);
            }
            millis.add(since(begun));
        }
        followers.forEach(Following::close);
        clients.forEach(EtcdClient::close);
        return millis;
    }

    /** Waits for a weight of {@code e0}. */
    private static final class Following implements Resolver.Listener {
        private final Resolver resolver;
        private volatile int weight = -1;

        Following(Resolver resolver) {
            this.resolver = resolver;
            resolver.start(this);
            awaitWeight(1);
        }

        void awaitWeight(int wanted) {
            while (weight != wanted) {
                LockSupport.parkNanos(200_000);
            }
        }

        void close() {
            resolver.close();
        }

        @Override
        public void onResolution(Resolution now) {
            EndpointSet all = now.endpoints();
            if (all != null) {
                all.endpoints().stream()
                        .filter(endpoint -> endpoint.id().equals("e0"))
                        .forEach(endpoint -> weight = endpoint.weight());
            }
        }
    }

    // ---- from a write to a call ----

    /** All traffic goes to one of two gRPC servers, by weight; how long from the write that turns it to the end of the first call at the other. */
    private List<Double> changes(int count) throws Exception {
        List<Server> servers = List.of(server("a"), server("b"));
        for (int i = 0; i < 2; i++) {
            etcd.endpoint(i == 0 ? "a" : "b", "127.0.0.1:" + servers.get(i).getPort());
        }
        etcd.weights("{\"a\": 1, \"b\": 0}");
        ManagedChannel channel = Grpc.newChannelBuilder(
                        "etcd://" + etcd.address() + "/orders", InsecureChannelCredentials.create())
                .build();
        List<Double> millis = new ArrayList<>();
        await(channel, "a");
        for (int i = 0; i < WARMUP + count; i++) {
            String other = i % 2 == 0 ? "b" : "a";
            String json = other.equals("b") ? "{\"a\": 0, \"b\": 1}" : "{\"a\": 1, \"b\": 0}";
            long begun = System.nanoTime();
            etcd.weights(json);
            await(channel, other);
            if (i >= WARMUP) {
                millis.add(since(begun));
            }
        }
        channel.shutdownNow();
        servers.forEach(Server::shutdownNow);
        return millis;
    }

    private static void await(ManagedChannel channel, String name) {
        while (!ClientCalls.blockingUnaryCall(channel, METHOD, CallOptions.DEFAULT.withWaitForReady(), "who")
                .equals(name)) {
            Thread.onSpinWait();
        }
    }

    private static Server server(String name) throws IOException {
        return NettyServerBuilder.forAddress(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), InsecureServerCredentials.create())
                .directExecutor()
                .addService(ServerServiceDefinition.builder("benchmark.Who")
                        .addMethod(METHOD, ServerCalls.asyncUnaryCall((request, response) -> {
                            response.onNext(name);
                            response.onCompleted();
                        }))
                        .build())
                .build()
                .start();
    }

    private static final MethodDescriptor<String, String> METHOD = MethodDescriptor.<String, String>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("benchmark.Who/Call")
            .setRequestMarshaller(new Text())
            .setResponseMarshaller(new Text())
            .build();

    private static final class Text implements MethodDescriptor.Marshaller<String> {
        @Override
        public InputStream stream(String value) {
            return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public String parse(InputStream stream) {
            try {
                return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException broken) {
                throw new UncheckedIOException(broken);
            }
        }
    }

    // ---- numbers ----

    private static double since(long begunNanos) {
        return (System.nanoTime() - begunNanos) / 1e6;
    }

    private static String percentile(List<Double> values, int percent) {
        List<Double> sorted = new ArrayList<>(values);
        Collections.sort(sorted);
        int rank = (int) Math.ceil(percent / 100.0 * sorted.size());
        return String.format(Locale.ROOT, "%.2f", sorted.get(Math.max(0, rank - 1)));
    }

    private static String list(List<Double> values) {
        return values.stream()
                .map(value -> String.format(Locale.ROOT, "%.1f", value))
                .toList()
                .toString();
    }
}
