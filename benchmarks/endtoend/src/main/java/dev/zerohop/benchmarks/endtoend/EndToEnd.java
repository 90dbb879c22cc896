package dev.zerohop.benchmarks.endtoend;

import dev.zerohop.config.Configurations;
import dev.zerohop.okhttp.ZerohopOkHttp;
import io.grpc.InsecureChannelCredentials;
import io.grpc.NameResolverRegistry;
import io.grpc.netty.NettyChannelBuilder;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import okhttp3.ConnectionPool;
import okhttp3.OkHttpClient;

/**
 * Calls per second, processor time and bytes for each call, and latencies at half of that rate, over loopback to the same three servers, which run in a process of
 * their own: through zerohop, by gRPC's own policies and by plain OkHttp to one fixed server, and through a proxy. The ways take turns, in another order in each round, so that what the machine does besides
 * hits all of them. Arguments: rounds, seconds for each way in a round, file for the result, and the words before the command of the servers' process, if any.
 */
public final class EndToEnd {
    private static final int GRPC_CONCURRENCY = 32;
    private static final int HTTP_CONCURRENCY = 8;
    private static final int WARMUP_ROUNDS = 3;
    private static final String ROUND_ROBIN = "grpc round_robin";

    private EndToEnd() {}

    public static void main(String[] arguments) throws Exception {
        int rounds = Integer.parseInt(arguments[0]);
        long nanos = (long) (Double.parseDouble(arguments[1]) * 1e9);
        NameResolverRegistry.getDefaultRegistry().register(new FixedResolver());
        List<String> prefix = List.of(arguments).subList(3, arguments.length);
        Process servers = startServers(prefix);
        try {
            List<Integer> ports = readPorts(servers);
            List<Integer> grpc = ports.subList(0, Servers.COUNT);
            List<Integer> http = ports.subList(Servers.COUNT, ports.size());
            try (Proxy proxy = Proxy.start(prefix, grpc, http);
                    ZerohopOkHttp routing = ZerohopOkHttp.builder()
                            .settings(Configurations.defaults())
                            .route("orders", target(http))
                            .build()) {
                List<Arm> arms = arms(grpc, http, proxy, routing);
                Measured measured = measure(arms, rounds, nanos);
                measureLatencies(arms, measured, Math.max(1, rounds / 3), nanos);
                arms.forEach(Arm::close);
                String json = measured.json(proxy == null ? "none on the PATH" : proxy.name());
                Files.writeString(Path.of(arguments[2]), json);
                System.out.print(json);
            }
        } finally {
            servers.destroy();
        }
        System.exit(0);
    }

    private static Process startServers(List<String> prefix) throws IOException {
        List<String> command = new ArrayList<>(prefix);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Servers.class.getName()));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.to(new File("/dev/null")))
                .start();
    }

    private static List<Integer> readPorts(Process servers) throws IOException {
        BufferedReader output =
                new BufferedReader(new InputStreamReader(servers.getInputStream(), StandardCharsets.UTF_8));
        List<Integer> ports = new ArrayList<>();
        for (String port : output.readLine().split(" ")) {
            ports.add(Integer.valueOf(port));
        }
        return ports;
    }

    private static String target(List<Integer> ports) {
        return "static:///" + ports.stream().map(port -> "127.0.0.1:" + port).collect(Collectors.joining(","));
    }

    private static List<Arm> arms(List<Integer> grpc, List<Integer> http, Proxy proxy, ZerohopOkHttp routing) {
        String ports = grpc.stream().map(String::valueOf).collect(Collectors.joining(","));
        List<Arm> arms = new ArrayList<>();
        arms.add(grpc("grpc zerohop", target(grpc), "zerohop", Map.of()));
        arms.add(grpc("grpc zerohop round_robin", target(grpc), "zerohop", Map.of("policy", "round_robin")));
        arms.add(grpc("grpc zerohop least_request", target(grpc), "zerohop", Map.of("policy", "least_request")));
        arms.add(grpc(ROUND_ROBIN, "fixed:///" + ports, "round_robin", Map.of()));
        // The same again: how far two equal ways differ is what this measurement cannot tell.
        arms.add(grpc("grpc round_robin again", "fixed:///" + ports, "round_robin", Map.of()));
        arms.add(grpc("grpc weighted_round_robin", "fixed:///" + ports, "weighted_round_robin", Map.of()));
        arms.add(grpc("grpc least_request", "fixed:///" + ports, "least_request_experimental", Map.of()));
        arms.add(http("http zerohop", routing.install(new OkHttpClient.Builder()), "http://orders/"));
        arms.add(http("http fixed server", plain(), "http://127.0.0.1:" + http.get(0) + "/"));
        if (proxy != null) {
            arms.add(grpc("grpc proxy", "fixed:///" + proxy.grpcPort(), "pick_first", Map.of()));
            arms.add(http("http proxy", plain(), "http://127.0.0.1:" + proxy.httpPort() + "/"));
        }
        return arms;
    }

    private static Arm grpc(String name, String target, String policy, Map<String, ?> configuration) {
        NettyChannelBuilder builder = NettyChannelBuilder.forTarget(target, InsecureChannelCredentials.create());
        builder.defaultServiceConfig(Map.of("loadBalancingConfig", List.of(Map.of(policy, configuration))));
        return GrpcArm.of(name, builder, GRPC_CONCURRENCY);
    }

    private static Arm http(String name, OkHttpClient.Builder client, String url) {
        return new HttpArm(name, client.build(), url, HTTP_CONCURRENCY);
    }

    /** It keeps as many connections as its threads use, as zerohop does. */
    private static OkHttpClient.Builder plain() {
        return new OkHttpClient.Builder().connectionPool(new ConnectionPool(64, 5, TimeUnit.MINUTES));
    }

    private static Measured measure(List<Arm> arms, int rounds, long nanos) throws InterruptedException {
        Measured measured = new Measured();
        Random random = new Random(1);
        for (int round = -WARMUP_ROUNDS; round < rounds; round++) {
            for (Arm arm : shuffled(arms, random)) {
                Usage before = Usage.now();
                double callsPerSecond = arm.run(nanos);
                Usage after = Usage.now();
                if (round >= 0) {
                    double calls = callsPerSecond * nanos / 1e9;
                    measured.add("callsPerSecond", arm.name(), callsPerSecond);
                    measured.add("cpuNanosPerCall", arm.name(), (after.cpuNanos() - before.cpuNanos()) / calls);
                    if (arm instanceof GrpcArm) {
                        measured.add("bytesPerCall", arm.name(), (after.bytes() - before.bytes()) / calls);
                    }
                }
            }
        }
        return measured;
    }

    /** So that no way always comes after the same other one, with what that left behind. */
    private static List<Arm> shuffled(List<Arm> arms, Random random) {
        List<Arm> order = new ArrayList<>(arms);
        Collections.shuffle(order, random);
        return order;
    }

    /** At half of what grpc-java's round robin did before. */
    private static void measureLatencies(List<Arm> arms, Measured measured, int rounds, long nanos)
            throws InterruptedException {
        double rate = measured.median("callsPerSecond", ROUND_ROBIN) / 2;
        Random random = new Random(2);
        for (int round = -1; round < rounds; round++) {
            for (Arm each : shuffled(arms, random)) {
                if (each instanceof GrpcArm arm) {
                    long[] latencies = new OpenLoop(arm, rate).run(nanos);
                    if (round >= 0) {
                        measured.add("p50Nanos", arm.name(), OpenLoop.quantile(latencies, 0.5));
                        measured.add("p99Nanos", arm.name(), OpenLoop.quantile(latencies, 0.99));
                        measured.add("p999Nanos", arm.name(), OpenLoop.quantile(latencies, 0.999));
                    }
                }
            }
        }
    }
}
