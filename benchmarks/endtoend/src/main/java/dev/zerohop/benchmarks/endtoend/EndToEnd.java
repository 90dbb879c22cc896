package dev.zerohop.benchmarks.endtoend;

import dev.zerohop.config.Configurations;
import dev.zerohop.okhttp.ZerohopOkHttp;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.NameResolverRegistry;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import okhttp3.OkHttpClient;

/**
 * Calls per second over loopback to the same three servers, which run in a process of their own: through zerohop, by gRPC's own round robin and by
 * plain OkHttp to one fixed server, and through a proxy. The ways take turns, another one first in each round, so that what the machine does besides
 * hits all of them. Arguments: rounds, seconds for each way in a round, file for the result.
 */
public final class EndToEnd {
    private static final int GRPC_CONCURRENCY = 32;
    private static final int HTTP_CONCURRENCY = 8;
    private static final int WARMUP_ROUNDS = 3;

    private EndToEnd() {}

    public static void main(String[] arguments) throws Exception {
        int rounds = Integer.parseInt(arguments[0]);
        long nanos = (long) (Double.parseDouble(arguments[1]) * 1e9);
        NameResolverRegistry.getDefaultRegistry().register(new FixedResolver());
        Process servers = startServers();
        try {
            List<Integer> ports = readPorts(servers);
            List<Integer> grpc = ports.subList(0, Servers.COUNT);
            List<Integer> http = ports.subList(Servers.COUNT, ports.size());
            try (Proxy proxy = Proxy.start(grpc, http);
                    ZerohopOkHttp routing = ZerohopOkHttp.builder()
                            .settings(Configurations.defaults())
                            .route("orders", target(http))
                            .build()) {
                Map<String, List<Double>> results = measure(arms(grpc, http, proxy, routing), rounds, nanos);
                String json = json(proxy == null ? "none on the PATH" : proxy.name(), results);
                Files.writeString(Path.of(arguments[2]), json);
                System.out.print(json);
            }
        } finally {
            servers.destroy();
        }
        System.exit(0);
    }

    private static Process startServers() throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return new ProcessBuilder(java, "-cp", System.getProperty("java.class.path"), Servers.class.getName())
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
        arms.add(grpc("grpc zerohop", target(grpc), "zerohop"));
        arms.add(grpc("grpc round_robin", "fixed:///" + ports, "round_robin"));
        arms.add(http("http zerohop", routing.install(new OkHttpClient.Builder()), "http://orders/"));
        arms.add(http("http fixed server", new OkHttpClient.Builder(), "http://127.0.0.1:" + http.get(0) + "/"));
        if (proxy != null) {
            arms.add(grpc("grpc proxy", "fixed:///" + proxy.grpcPort(), "pick_first"));
            arms.add(http("http proxy", new OkHttpClient.Builder(), "http://127.0.0.1:" + proxy.httpPort() + "/"));
        }
        return arms;
    }

    private static Arm grpc(String name, String target, String policy) {
        var builder = Grpc.newChannelBuilder(target, InsecureChannelCredentials.create());
        if (target.startsWith(FixedResolver.SCHEME)) {
            builder.defaultServiceConfig(Map.of("loadBalancingConfig", List.of(Map.of(policy, Map.of()))));
        }
        return GrpcArm.of(name, builder, GRPC_CONCURRENCY);
    }

    private static Arm http(String name, OkHttpClient.Builder client, String url) {
        return new HttpArm(name, client.build(), url, HTTP_CONCURRENCY);
    }

    private static Map<String, List<Double>> measure(List<Arm> arms, int rounds, long nanos)
            throws InterruptedException {
        Map<String, List<Double>> results = new TreeMap<>();
        for (int round = -WARMUP_ROUNDS; round < rounds; round++) {
            for (int i = 0; i < arms.size(); i++) {
                Arm arm = arms.get(Math.floorMod(round + i, arms.size()));
                double callsPerSecond = arm.run(nanos);
                if (round >= 0) {
                    results.computeIfAbsent(arm.name(), name -> new ArrayList<>())
                            .add(callsPerSecond);
                }
            }
        }
        arms.forEach(Arm::close);
        return results;
    }

    private static String json(String proxy, Map<String, List<Double>> results) {
        String arms = results.entrySet().stream()
                .map(arm -> "    \"" + arm.getKey() + "\": "
                        + arm.getValue().stream()
                                .map(value -> String.format(Locale.ROOT, "%.0f", value))
                                .toList())
                .collect(Collectors.joining(",\n"));
        return "{\n  \"proxy\": \"" + proxy + "\",\n  \"callsPerSecond\": {\n" + arms + "\n  }\n}\n";
    }
}
