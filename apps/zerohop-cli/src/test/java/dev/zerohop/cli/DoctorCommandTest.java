package dev.zerohop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.zerohop.testing.FreePorts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorCommandTest {
    private static final String SLICE = """
            {"metadata": {"name": "orders-x", "namespace": "shop", "resourceVersion": "1", "labels": {"kubernetes.io/service-name": "orders"}},
             "addressType": "IPv4", "ports": [{"name": "grpc", "protocol": "TCP", "port": 8080}],
             "endpoints": [{"addresses": ["127.0.0.1"], "conditions": {"ready": true}, "targetRef": {"kind": "Pod", "namespace": "shop", "name": "orders-0"}}]}
            """;

    private static final String SET = """
            {"metadata": {"name": "orders", "namespace": "shop", "resourceVersion": "1"}, "spec": {"serviceName": "orders", "replicas": 3}}
            """;

    @TempDir
    private Path directory;

    private HttpServer server;
    private Path kubeconfig;
    private volatile String denied = "";

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::handle);
        server.start();
        kubeconfig = Files.writeString(
                directory.resolve("config"), """
                apiVersion: v1
                kind: Config
                current-context: test
                clusters: [{name: test, cluster: {server: "http://127.0.0.1:%d"}}]
                users: [{name: test, user: {}}]
                contexts: [{name: test, context: {cluster: test, user: test}}]
                """.formatted(server.getAddress().getPort()));
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void handle(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        String answer = "{\"metadata\": {\"resourceVersion\": \"1\"}, \"items\": []}";
        if (path.endsWith("/selfsubjectreviews")) {
            answer = "{\"status\": {\"userInfo\": {\"username\": \"system:serviceaccount:shop:web\"}}}";
        } else if (path.endsWith("/selfsubjectaccessreviews")) {
            answer = "{\"spec\": {}, \"status\": {\"allowed\": " + (denied.isEmpty() || !body.contains(denied)) + "}}";
        } else if (path.endsWith("/endpointslices")) {
            answer = answer.replace("[]", "[" + SLICE + "]");
        } else if (path.endsWith("/statefulsets")) {
            answer = answer.replace("[]", "[" + SET + "]");
        } else if (path.endsWith("/services")) {
            answer = answer.replace(
                    "[]", "[{\"metadata\": {\"name\": \"orders\", \"namespace\": \"shop\"}, \"spec\": {}}]");
        }
        byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        exchange.sendResponseHeaders(path.endsWith("reviews") ? 201 : 200, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private Cli.Result doctor(String target, String... more) {
        String[] args = new String[4 + more.length];
        args[0] = "doctor";
        args[1] = target;
        args[2] = "--kubeconfig";
        args[3] = kubeconfig.toString();
        System.arraycopy(more, 0, args, 4, more.length);
        return Cli.run(args);
    }

    @Test
    void aHealthyTargetIsOneLineForEachFindingAndExitCode0() {
        Cli.Result result = doctor("k8s:///shop/orders:grpc");
        assertThat(result.err()).isEmpty();
        assertThat(result.outLines())
                .contains(
                        "ok: StatefulSet orders: ordinals 0 to 2 are desired",
                        "ok: slices: 1 with 1 endpoints, 1 of them ready")
                .noneMatch(line -> line.startsWith("missing"));
        assertThat(result.code()).isZero();
    }

    @Test
    void whatIsMissingIsPrintedToApplyAndExitCode1() {
        denied = "statefulsets";
        Cli.Result result = doctor("k8s:///shop/orders:grpc");
        assertThat(result.outLines())
                .contains("# kubectl apply -f -", "    resources: [\"statefulsets\"]")
                .anyMatch(line ->
                        line.startsWith("missing: permission to list and watch statefulsets in namespace shop"));
        assertThat(result.code()).isEqualTo(1);
    }

    @Test
    void theAnswerAsJson() {
        Map<String, Object> answer = JsonText.object(
                doctor("k8s:///shop/orders:grpc", "--output", "json").out());
        assertThat(answer.keySet()).containsExactly("target", "healthy", "findings", "toApply");
        assertThat(answer).containsEntry("healthy", true).containsEntry("toApply", "");
    }

    @Test
    void aTargetOfAnotherSchemeIsAskedOnceAndItsEndpointsAreConnectedTo(@TempDir Path directory) throws Exception {
        int dead = FreePorts.next();
        try (ServerSocket alive = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Path file = directory.resolve("orders.json");
            Files.writeString(file, """
                    {"endpoints": [{"id": "a", "host": "127.0.0.1", "port": %d}, {"id": "b", "host": "127.0.0.1", "port": %d},
                                   {"id": "c", "host": "127.0.0.1", "port": 9, "weight": 0}],
                     "config": {"policy": "fastest"}}
                    """.formatted(alive.getLocalPort(), dead));
            Cli.Result result = Cli.run("doctor", "file://" + file);
            assertThat(result.code()).isEqualTo(1);
            assertThat(result.out())
                    .contains("ok: source: file://" + file + " answered, version ")
                    .contains("ok: endpoints: 3 named, 2 take new calls")
                    .contains("ok: connection to a(127.0.0.1:" + alive.getLocalPort() + "): made")
                    .contains("missing: connection to b(127.0.0.1:" + dead + "): Connection refused: check that it")
                    .contains("missing: configuration: rejected, so every call fails: ", "fastest");
            Files.writeString(file, "{\"endpoints\": []}");
            assertThat(Cli.run("doctor", "file://" + file).out())
                    .contains("missing: endpoints: 0 named, 0 take new calls: check the name in the target");
        }
    }

    @Test
    void aSourceThatCannotBeAskedSaysWhy(@TempDir Path directory) {
        Cli.Result result = Cli.run("doctor", "file://" + directory.resolve("nowhere.json"));
        assertThat(result.code()).isEqualTo(1);
        assertThat(result.out()).contains("missing: source: cannot be read: ", "nowhere.json");
    }

    @Test
    void aTargetThatWorksIsExitCode0() throws Exception {
        try (ServerSocket alive = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Cli.Result result = Cli.run("doctor", "static:///127.0.0.1:" + alive.getLocalPort());
            assertThat(result.code()).isZero();
            assertThat(result.out()).doesNotContain("missing").contains("ok: endpoints: 1 named, 1 take new calls");
        }
    }

    @Test
    void badInputIsOneLineAndExitCode2() {
        assertThat(Cli.run("doctor", "orders:8080").code()).isEqualTo(2);
        Cli.Result other = Cli.run("doctor", "static:///127.0.0.1:1", "--context", "prod");
        assertThat(other.code()).isEqualTo(2);
        assertThat(other.err()).contains("--kubeconfig and --context are for Kubernetes targets only");
        Cli.Result file = Cli.run("doctor", "k8s:///shop/orders:grpc", "--kubeconfig", "/nowhere");
        assertThat(file.code()).isEqualTo(2);
        assertThat(file.errLines())
                .containsExactly("zerohop: --kubeconfig was '/nowhere', expected a file that can be read");
    }
}
