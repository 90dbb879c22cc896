package dev.zerohop.kubernetes;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An API server on loopback that answers lists and reviews of permissions. */
final class ReviewingApi implements AutoCloseable {
    private static final Pattern ASKED = Pattern.compile("\"(verb|resource)\"\\s*:\\s*\"([a-z]+)\"");

    /** What may not be done, as {@code verb resource}. */
    final Set<String> denied = ConcurrentHashMap.newKeySet();

    /** As whom it knows the client; empty if it does not say. */
    volatile String user = "system:serviceaccount:shop:web";

    private final Map<String, List<HasMetadata>> objects = new ConcurrentHashMap<>();
    private final HttpServer server;

    ReviewingApi() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::handle);
        server.start();
    }

    KubernetesOptions options() {
        return KubernetesOptions.builder()
                .apiServer(URI.create("http://127.0.0.1:" + server.getAddress().getPort()))
                .build();
    }

    void put(HasMetadata object) {
        objects.computeIfAbsent(object.getPlural(), plural -> new ArrayList<>()).add(object);
    }

    private void handle(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        if (path.endsWith("/selfsubjectreviews")) {
            if (user.isEmpty()) {
                answer(exchange, 404, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"message\":\"not found\"}");
            } else {
                answer(
                        exchange,
                        201,
                        "{\"kind\":\"SelfSubjectReview\",\"apiVersion\":\"authentication.k8s.io/v1\",\"status\":{\"userInfo\":{\"username\":\""
                                + user + "\"}}}");
            }
        } else if (path.endsWith("/selfsubjectaccessreviews")) {
            String verb = "";
            String resource = "";
            for (Matcher matcher = ASKED.matcher(body); matcher.find(); ) {
                verb = matcher.group(1).equals("verb") ? matcher.group(2) : verb;
                resource = matcher.group(1).equals("resource") ? matcher.group(2) : resource;
            }
            answer(
                    exchange,
                    201,
                    "{\"kind\":\"SelfSubjectAccessReview\",\"apiVersion\":\"authorization.k8s.io/v1\",\"spec\":{},\"status\":{\"allowed\":"
                            + !denied.contains(verb + " " + resource) + "}}");
        } else {
            String plural = path.substring(path.lastIndexOf('/') + 1);
            String items = String.join(
                    ",",
                    objects.getOrDefault(plural, List.of()).stream()
                            .map(Serialization::asJson)
                            .toList());
            answer(exchange, 200, "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[" + items + "]}");
        }
    }

    private static void answer(HttpExchange exchange, int code, String json) throws IOException {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(code, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
