package dev.zerohop.cli;

import static dev.zerohop.cli.Cli.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the commands say of a Kubernetes target whose API server does not give all that is needed. */
class KubernetesCommandsTest {
    private static final String TARGET = "k8s:///shop/orders:grpc";

    private static final String SLICES = """
            {"metadata": {"resourceVersion": "1"}, "items": [
              {"metadata": {"name": "orders-x", "namespace": "shop", "resourceVersion": "1", "labels": {"kubernetes.io/service-name": "orders"}},
               "addressType": "IPv4", "ports": [{"name": "grpc", "protocol": "TCP", "port": 1}],
               "endpoints": [{"addresses": ["127.0.0.1"], "conditions": {"ready": true},
                              "targetRef": {"kind": "Pod", "namespace": "shop", "name": "orders-0"}}]}]}
            """;

    @TempDir
    private Path directory;

    private HttpServer server;
    private String address;
    private Path kubeconfig;

    /** What lists of slices are answered with. */
    private volatile int status = 200;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::handle);
        server.start();
        address = "http://127.0.0.1:" + server.getAddress().getPort();
        kubeconfig = Files.writeString(directory.resolve("config"), """
                apiVersion: v1
                kind: Config
                current-context: test
                clusters: [{name: test, cluster: {server: "%s"}}]
                users: [{name: test, user: {}}]
                contexts: [{name: test, context: {cluster: test, user: test}}]
                """.formatted(address));
        System.setProperty("kubeconfig", kubeconfig.toString());
    }

    @AfterEach
    void stop() {
        System.clearProperty("kubeconfig");
        server.stop(0);
    }

    private void handle(HttpExchange exchange) throws IOException {
        boolean slices = exchange.getRequestURI().getPath().endsWith("/endpointslices");
        int code = slices ? status : 403;
        boolean watch = String.valueOf(exchange.getRequestURI().getQuery()).contains("watch=true");
        String body = code == 200 ? SLICES : "{\"kind\": \"Status\", \"message\": \"no\"}";
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(watch ? 503 : code, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    @Test
    void shardSaysWhichPermissionKeepsOrdinalsFromBeingKnown() {
        Cli.Result result = Cli.run("shard", TARGET, "--key", "user-42");
        assertThat(result.out())
                .contains("no endpoint has an ordinal: ")
                .contains(address + " answered 403 when asked to list statefulsets in namespace shop")
                .contains("{apiGroups: [\"apps\"], resources: [\"statefulsets\"], verbs: [\"list\", \"watch\"]}");
    }

    @Test
    void shardSaysSoAlsoWhereTheNumberOfShardsIsGiven() {
        assertThat(Cli.run("shard", TARGET, "--key", "user-42", "--shards", "3").out())
                .contains("no endpoint has an ordinal: ")
                .contains("resources: [\"statefulsets\"]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"http", "grpc"})
    void aKeyedCallSaysWhichPermissionKeepsOrdinalsFromBeingKnown(String transport) {
        Cli.Result result =
                Cli.run("call", TARGET, "--transport", transport, "--policy", "shard", "--key", "a", "--count", "1");
        assertThat(result.code()).isEqualTo(1);
        assertThat(result.err())
                .contains("no endpoint has an ordinal, which a sharded call needs to find the owner of its key: ")
                .contains(address + " answered 403 when asked to list statefulsets in namespace shop");
    }

    @Test
    void watchSaysWhyTheSourceCannotBeAskedAndWhenTheReasonBecomesAnother() throws IOException {
        status = 500;
        try (Cli.Started watch = Cli.start(Map.of("KUBECONFIG", kubeconfig.toString()), "watch", TARGET)) {
            await().until(() -> watch.err().stream()
                    .anyMatch(line ->
                            line.contains("the source cannot be read: ") && line.contains(address + " answered 500")));
            status = 403;
            await().until(() -> watch.err().stream()
                    .anyMatch(line -> line.contains("the source cannot be read: ")
                            && line.contains(address + " answered 403")
                            && line.contains("expected a Role in namespace shop")));
        }
    }
}
