package dev.zerohop.gateway;

import dev.zerohop.apps.EtcdProcess;
import dev.zerohop.gateway.Gateway.Limits;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** Gateways over a real etcd, and what an operator and callers do to them. */
final class GatewayRig implements AutoCloseable {
    static final Limits LIMITS =
            new Limits(64, 64, Duration.ofSeconds(60), Duration.ofSeconds(60), Duration.ofSeconds(60));

    final EtcdProcess etcd;
    final HttpClient client = HttpClient.newHttpClient();
    final List<String> log = new CopyOnWriteArrayList<>();
    private final List<AutoCloseable> parts = new ArrayList<>();

    GatewayRig(EtcdProcess etcd) {
        this.etcd = etcd;
    }

    static ConditionFactory await() {
        return Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(20));
    }

    <T extends AutoCloseable> T with(T part) {
        parts.add(part);
        return part;
    }

    Gateway gateway(String handler, String node, String... gateways) throws IOException, InterruptedException {
        return gateway(LIMITS, handler, node, gateways);
    }

    Gateway gateway(Limits limits, String handler, String node, String... gateways)
            throws IOException, InterruptedException {
        return gateway(
                limits,
                Map.of(
                        "eb_go_lb_handler_type", handler,
                        "eb_go_lb_node_name", node,
                        "eb_go_lb_gateways", String.join(" ", gateways)));
    }

    Gateway gateway(Limits limits, Map<String, String> variables) throws IOException, InterruptedException {
        Map<String, String> environment = new HashMap<>(Map.of(
                "eb_go_lb_etcd_host", etcd.address(),
                "eb_go_lb_zone", "zone-b",
                "eb_go_lb_listen_port", "0",
                "eb_go_lb_mode", "dev"));
        environment.putAll(variables);
        return with(Gateway.start(GatewaySettings.of(environment), log::add, limits));
    }

    void function(String name, Map<String, Integer> weights) {
        function(name, List.copyOf(weights.keySet()), List.copyOf(weights.values()));
    }

    void function(String name, List<String> ips, List<Integer> weights) {
        etcd.put(
                "golb/function/zone-b/" + name,
                "{\"ips\": [" + ips.stream().map(ip -> '"' + ip + '"').collect(Collectors.joining(", "))
                        + "], \"weights\": " + weights + "}");
    }

    static HttpRequest.Builder request(Gateway gateway, String path, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.port() + path));
        return headers.length == 0 ? request : request.headers(headers);
    }

    HttpResponse<String> get(Gateway gateway, String path, String... headers) {
        return send(request(gateway, path, headers).build());
    }

    HttpResponse<String> send(HttpRequest request) {
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException failed) {
            throw new java.io.UncheckedIOException(failed);
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }

    /** Waits until the function is served as it was written. */
    void awaitServed(Gateway gateway, String path, String expected) {
        await().ignoreExceptions().until(() -> get(gateway, path).body().equals(expected));
    }

    @Override
    public void close() throws Exception {
        for (AutoCloseable part : parts) {
            part.close();
        }
        parts.clear();
    }

    static String bodies(List<HttpResponse<String>> answers) {
        return answers.stream().map(HttpResponse::body).collect(Collectors.joining(" "));
    }
}
