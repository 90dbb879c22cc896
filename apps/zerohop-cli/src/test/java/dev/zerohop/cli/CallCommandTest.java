package dev.zerohop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.testing.FreePorts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code call} against real servers in this process. */
class CallCommandTest {
    private static final List<String> KEYS =
            List.of("calls", "ok", "errors", "byEndpoint", "byServer", "latencyMs", "retries");

    private final List<EchoServer> servers = new ArrayList<>();

    @TempDir
    private Path directory;

    @BeforeEach
    void start() throws IOException {
        for (int i = 0; i < 3; i++) {
            servers.add(EchoServer.start("server-" + i, "127.0.0.1", 0, 0, new EchoServer.Behaviour()));
        }
    }

    @AfterEach
    void end() {
        servers.forEach(EchoServer::close);
    }

    @ParameterizedTest
    @ValueSource(strings = {"grpc", "http"})
    void anIpv6EndpointIsCountedUnderTheIdOfItsTarget(String transport) throws IOException {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getByName("::1"))) {
            assertThat(probe.isBound()).isTrue();
        } catch (IOException noIpv6) {
            Assumptions.abort("this machine has no IPv6 loopback address: " + noIpv6);
        }
        EchoServer six = EchoServer.start("six", "::1", 0, 0, new EchoServer.Behaviour());
        servers.add(six);
        String address = "[::1]:" + (transport.equals("grpc") ? six.grpcPort() : six.httpPort());
        Cli.Result result =
                Cli.run("call", "static:///" + address, "--transport", transport, "--count", "3", "--output", "json");
        assertThat(JsonText.object(result.out()).get("byEndpoint")).isEqualTo(Map.of(address, 3L));
    }

    @ParameterizedTest
    @ValueSource(strings = {"grpc", "http"})
    void callsAreSpreadAndCountedByEndpointAndByServer(String transport) {
        Cli.Result result = call(transport, "--count", "300", "--concurrency", "3");
        assertThat(result.code()).isZero();
        assertThat(result.err()).isEmpty();
        Map<String, Object> total = JsonText.object(result.out());
        assertThat(total.keySet()).containsExactlyElementsOf(KEYS);
        assertThat(total)
                .containsEntry("calls", 300L)
                .containsEntry("ok", 300L)
                .containsEntry("errors", Map.of())
                .containsEntry("retries", 0L);
        assertThat(JsonText.object(total.get("byEndpoint")).keySet()).containsExactly("e0", "e1", "e2");
        assertThat(JsonText.object(total.get("byServer")).keySet()).containsExactly("server-0", "server-1", "server-2");
        JsonText.object(total.get("byServer"))
                .values()
                .forEach(n -> assertThat((Long) n).isBetween(90L, 110L));
        assertThat(JsonText.object(total.get("latencyMs")).keySet()).containsExactly("p50", "p99");
    }

    @ParameterizedTest
    @ValueSource(strings = {"grpc", "http"})
    void onePolicyCanBeNamed(String transport) {
        Cli.Result result = call(transport, "--policy", "shard", "--key", "user-42", "--count", "20");
        assertThat(result.code()).isZero();
        assertThat(JsonText.object(result.out())).containsEntry("byServer", Map.of("server-1", 20L));
    }

    @ParameterizedTest
    @ValueSource(strings = {"grpc", "http"})
    void idsAreOneCallForEachKey(String transport) {
        Cli.Result result = call(transport, "--policy", "shard", "--ids", "0-29");
        assertThat(JsonText.object(result.out())).containsEntry("calls", 30L).containsEntry("ok", 30L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"grpc", "http"})
    void errorAnswersAreNamedAndMakeACountFail(String transport) {
        servers.forEach(server -> server.behaviour().failPercent(100));
        Cli.Result result = call(transport, "--count", "10");
        assertThat(result.code()).isEqualTo(1);
        Map<String, Object> total = JsonText.object(result.out());
        assertThat(total)
                .containsEntry("ok", 0L)
                .containsEntry("errors", Map.of(transport.equals("grpc") ? "INTERNAL" : "HTTP_500", 10L));
        assertThat(JsonText.sum(total.get("byServer"))).isEqualTo(10);
    }

    @ParameterizedTest
    @ValueSource(strings = {"grpc", "http"})
    void failedCallsDoNotFailADuration(String transport) {
        servers.forEach(server -> server.behaviour().failPercent(50));
        Cli.Result result = call(transport, "--duration", "1");
        assertThat(result.code()).isZero();
        assertThat(JsonText.sum(JsonText.object(result.out()).get("errors"))).isPositive();
    }

    @ParameterizedTest
    @ValueSource(strings = {"grpc", "http"})
    void slowAnswersRunIntoTheTimeout(String transport) {
        assertThat(call(transport, "--count", "6").code()).isZero();
        servers.forEach(server -> server.behaviour().delay(Duration.ofSeconds(30)));
        Cli.Result result = call(transport, "--count", "2", "--concurrency", "2", "--timeout", "2000");
        assertThat(result.code()).isEqualTo(1);
        assertThat(JsonText.object(result.out()))
                .containsEntry("errors", Map.of(transport.equals("grpc") ? "DEADLINE_EXCEEDED" : "TIMEOUT", 2L));
    }

    @ParameterizedTest
    @ValueSource(strings = {"grpc", "http"})
    void aSourceWithoutEndpointsIsNoEndpointAndDoesNotEndTheRun(String transport) throws IOException {
        Path file = Files.writeString(directory.resolve("endpoints.json"), "{\"endpoints\": []}");
        Cli.Result result = Cli.run(
                "call",
                "file://" + file,
                "--transport",
                transport,
                "--count",
                "3",
                "--timeout",
                "300",
                "--output",
                "json");
        assertThat(result.code()).isEqualTo(1);
        assertThat(JsonText.object(result.out()))
                .containsEntry("calls", 3L)
                .containsEntry("errors", Map.of("NO_ENDPOINT", 3L))
                .containsEntry("byEndpoint", Map.of());
    }

    @Test
    void anEndpointThatRefusesConnectionsCostsRetriesOverHttpAndNoCalls() throws IOException {
        int nobody = FreePorts.next();
        Cli.Result result = Cli.run(
                "call",
                target("http") + ",127.0.0.1:" + nobody + ";id=dead",
                "--transport",
                "http",
                "--count",
                "40",
                "--output",
                "json");
        assertThat(result.code()).isZero();
        Map<String, Object> total = JsonText.object(result.out());
        assertThat((Long) total.get("retries")).isPositive();
        assertThat(JsonText.object(total.get("byEndpoint"))).doesNotContainKey("dead");
    }

    @Test
    void noConnectionAtAllIsConnectOverHttp() throws IOException {
        Cli.Result result = Cli.run(
                "call",
                "static:///127.0.0.1:" + FreePorts.next(),
                "--transport",
                "http",
                "--count",
                "1",
                "--output",
                "json");
        assertThat(result.code()).isEqualTo(1);
        assertThat(JsonText.object(result.out())).containsEntry("errors", Map.of("CONNECT", 1L));
        assertThat(result.out()).contains("\"causes\":[{\"calls\":1,\"error\":\"CONNECT\",\"cause\":\"");
        assertThat(result.err()).contains("1 call failed: CONNECT: ", "CONNECT_FAILURE after ", "Connection refused");
    }

    @Test
    void overGrpcADeadEndpointIsKnownBeforeTheFirstCall() throws IOException {
        Cli.Result result = Cli.run(
                "call",
                target("grpc") + ",127.0.0.1:" + FreePorts.next() + ";id=dead",
                "--count",
                "40",
                "--output",
                "json");
        assertThat(result.code()).isZero();
        assertThat(JsonText.object(JsonText.object(result.out()).get("byEndpoint")))
                .doesNotContainKey("dead");
    }

    @ParameterizedTest
    @ValueSource(strings = {"grpc", "http"})
    void ndjsonHasAllKeysOnEveryLineAndAddsUp(String transport) {
        Cli.Result result = Cli.run(
                "call",
                target(transport),
                "--transport",
                transport,
                "--count",
                "120",
                "--rate",
                "80",
                "--output",
                "ndjson");
        assertThat(result.code()).isZero();
        List<Map<String, Object>> seconds =
                result.outLines().stream().map(JsonText::object).toList();
        assertThat(seconds).hasSizeBetween(2, 3);
        seconds.forEach(second -> assertThat(second.keySet()).containsExactlyElementsOf(KEYS));
        assertThat(seconds.stream()
                        .mapToLong(second -> (Long) second.get("calls"))
                        .sum())
                .isEqualTo(120);
    }

    @Test
    void theSourcesConfigurationHoldsUnlessThePolicyIsNamed() throws IOException {
        String endpoints = servers.stream()
                .map(server -> "{\"address\": \"127.0.0.1:" + server.httpPort() + "\", \"weight\": "
                        + (server.id().equals("server-0") ? 100 : 1) + "}")
                .collect(Collectors.joining(","));
        Path file = Files.writeString(
                directory.resolve("endpoints.json"),
                "{\"endpoints\": [" + endpoints + "], \"config\": {\"policy\": \"round_robin\"}}");
        for (String transport : List.of("http")) {
            Cli.Result configured =
                    Cli.run("call", "file://" + file, "--transport", transport, "--count", "60", "--output", "json");
            assertThat((Long) JsonText.object(JsonText.object(configured.out()).get("byServer"))
                            .get("server-0"))
                    .isBetween(18L, 22L);
            Cli.Result named = Cli.run(
                    "call",
                    "file://" + file,
                    "--transport",
                    transport,
                    "--policy",
                    "weighted_round_robin",
                    "--count",
                    "60",
                    "--output",
                    "json");
            assertThat((Long) JsonText.object(JsonText.object(named.out()).get("byServer"))
                            .get("server-0"))
                    .isGreaterThan(50);
        }
    }

    @Test
    void textIsATable() {
        Cli.Result result = Cli.run("call", target("http"), "--transport", "http", "--count", "3");
        assertThat(result.code()).isZero();
        assertThat(result.out()).contains("3 calls", "3 ok", "0 failed", "by endpoint", "by server", "latency p50");
    }

    private Cli.Result call(String transport, String... more) {
        List<String> args =
                new ArrayList<>(List.of("call", target(transport), "--transport", transport, "--output", "json"));
        args.addAll(List.of(more));
        return Cli.run(args.toArray(String[]::new));
    }

    private String target(String transport) {
        StringBuilder target = new StringBuilder("static:///");
        for (int i = 0; i < servers.size(); i++) {
            EchoServer server = servers.get(i);
            target.append(i == 0 ? "" : ",")
                    .append("127.0.0.1:")
                    .append(transport.equals("grpc") ? server.grpcPort() : server.httpPort())
                    .append(";id=e")
                    .append(i)
                    .append(";ordinal=")
                    .append(i);
        }
        return target.toString();
    }
}
