package dev.zerohop.kubernetes;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.authorization.v1.ResourceAttributes;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReview;
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
import java.util.stream.Collectors;

/** An API server on loopback that answers lists and reviews of permissions. */
final class ReviewingApi implements AutoCloseable {
    private static final Pattern COLLECTION =
            Pattern.compile("/(?:api|apis/([^/]+))/v1/(?:namespaces/([^/]+)/)?([a-z]+)");
    private static final Pattern NAME = Pattern.compile("metadata\\.name=([^&]+)");
    private static final Pattern SERVICE = Pattern.compile("kubernetes\\.io/service-name=([^&]+)");

    /** What may not be done, as {@code verb resource}. */
    final Set<String> denied = ConcurrentHashMap.newKeySet();

    /** What was granted; null for everything. */
    volatile Rbac rbac;

    /** Whether it answers what a client may do. */
    volatile boolean reviews = true;

    /** The resource of which every page says that another one follows; empty for none. */
    volatile String endless = "";

    /** As whom it knows the client; empty if it does not say. */
    volatile String user = "system:serviceaccount:shop:web";

    static {
        // It writes head and body apart, and the second would wait for the client to confirm the first.
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

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
                        "{\"kind\":\"SelfSubjectReview\",\"apiVersion\":\"authentication.k8s.io/v1\",\"status\":{\"userInfo\":{\"username\":"
                                + Serialization.asJson(user) + "}}}");
            }
        } else if (path.endsWith("/selfsubjectaccessreviews")) {
            ResourceAttributes asked = Serialization.unmarshal(body, SelfSubjectAccessReview.class)
                    .getSpec()
                    .getResourceAttributes();
            boolean allowed = allows(
                    asked.getVerb(), asked.getGroup(), asked.getResource(), asked.getNamespace(), asked.getName());
            answer(
                    exchange,
                    reviews ? 201 : 403,
                    reviews
                            ? "{\"kind\":\"SelfSubjectAccessReview\",\"apiVersion\":\"authorization.k8s.io/v1\",\"spec\":{},\"status\":{\"allowed\":"
                                    + allowed + "}}"
                            : ScriptedApi.statusJson(403, "selfsubjectaccessreviews is forbidden"));
        } else {
            list(exchange, path);
        }
    }

    private void list(HttpExchange exchange, String path) throws IOException {
        Matcher collection = COLLECTION.matcher(path);
        if (!collection.matches()) {
            answer(exchange, 404, ScriptedApi.statusJson(404, "the server could not find the requested resource"));
            return;
        }
        String group = collection.group(1) == null ? "" : collection.group(1);
        String namespace = collection.group(2);
        String plural = collection.group(3);
        String query = String.valueOf(exchange.getRequestURI().getQuery());
        Matcher byName = NAME.matcher(query);
        String name = byName.find() ? byName.group(1) : null;
        Matcher byService = SERVICE.matcher(query);
        String service = byService.find() ? byService.group(1) : null;
        if (!allows("list", group, plural, namespace, name)) {
            answer(exchange, 403, ScriptedApi.statusJson(403, plural + " is forbidden"));
            return;
        }
        String items = objects.getOrDefault(plural, List.of()).stream()
                .filter(object ->
                        name == null || name.equals(object.getMetadata().getName()))
                .filter(object -> service == null
                        || service.equals(object.getMetadata().getLabels().get(Selection.SERVICE_NAME)))
                .map(Serialization::asJson)
                .collect(Collectors.joining(","));
        answer(
                exchange,
                200,
                "{\"metadata\":{\"resourceVersion\":\"1\"" + (plural.equals(endless) ? ",\"continue\":\"more\"" : "")
                        + "},\"items\":[" + items + "]}");
    }

    private boolean allows(String verb, String group, String resource, String namespace, String name) {
        Rbac rules = rbac;
        return !denied.contains(verb + " " + resource)
                && (rules == null || rules.allows(user, verb, group, resource, namespace, name));
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
