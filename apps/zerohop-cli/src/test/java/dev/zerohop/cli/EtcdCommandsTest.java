package dev.zerohop.cli;

import static dev.zerohop.cli.Cli.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.zerohop.apps.EtcdProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The commands that need etcd, as processes of their own. */
class EtcdCommandsTest {
    private static final String KEY = "zerohop/v1/services/orders/endpoints/orders-0";

    @TempDir
    private Path directory;

    private EtcdProcess etcd;
    private final List<Cli.Started> processes = new ArrayList<>();

    @BeforeEach
    void startEtcd() {
        etcd = EtcdProcess.started(directory);
    }

    @AfterEach
    void end() {
        processes.forEach(Cli.Started::close);
        etcd.close();
    }

    private Cli.Started started(Map<String, String> environment, String... args) throws IOException {
        Cli.Started process = Cli.start(environment, args);
        processes.add(process);
        return process;
    }

    private Cli.Started register(int ttlSeconds, String... more) throws IOException {
        List<String> args = new ArrayList<>(List.of(
                "register",
                "etcd://" + etcd.address() + "/orders",
                "--id",
                "orders-0",
                "--address",
                "10.0.0.1:8080",
                "--ttl",
                Integer.toString(ttlSeconds)));
        args.addAll(List.of(more));
        Cli.Started process = started(Map.of(), args.toArray(String[]::new));
        await().until(() -> !process.out().isEmpty());
        return process;
    }

    @Test
    void registerDrainsDeletesAndEndsWithZero() throws Exception {
        Cli.Started process = register(20, "--weight", "3", "--zone", "a", "--ordinal", "7", "--drain", "4000");
        assertThat(process.out()).containsExactly("registered orders-0");
        String value = etcd.get(KEY);
        assertThat(value)
                .contains("\"host\":\"10.0.0.1\"")
                .contains("\"weight\":3")
                .contains("\"zone\":\"a\"")
                .contains("\"ordinal\":7");
        assertThat(value).doesNotContain("draining");
        process.terminate();
        await().until(() -> String.valueOf(etcd.get(KEY)).contains("\"draining\":true"));
        assertThat(process.exitCode()).isZero();
        assertThat(etcd.get(KEY)).isNull();
        assertThat(process.out()).containsExactly("registered orders-0", "leaving orders-0", "gone orders-0");
        assertThat(process.err()).isEmpty();
    }

    @Test
    void aRegisteredServerThatIsKilledIsGoneWhenItsLeaseEnds() throws Exception {
        Cli.Started process = register(8);
        process.kill();
        process.exitCode();
        assertThat(etcd.get(KEY)).as("a lease is what it still has").isNotNull();
        await().until(() -> etcd.get(KEY) == null);
    }

    @Test
    void registerReportsWhenEtcdIsLostAndBack() throws Exception {
        Cli.Started process = register(2, "--drain", "0");
        etcd.kill();
        await().until(() -> !process.err().isEmpty());
        assertThat(process.err().get(0)).contains("etcd cannot be written; orders-0 is gone in 2 s unless");
        etcd.start();
        await().until(() -> process.out().size() == 2);
        assertThat(process.out()).containsExactly("registered orders-0", "registered orders-0");
        assertThat(etcd.get(KEY)).isNotNull();
        process.terminate();
        assertThat(process.exitCode()).isZero();
    }

    @Test
    void aServerThatWasNeverListedIsNotSaidToGo() throws Exception {
        etcd.kill();
        Cli.Started process = started(
                Map.of(),
                "register",
                "etcd://" + etcd.address() + "/orders",
                "--id",
                "orders-0",
                "--address",
                "10.0.0.7:8080",
                "--drain",
                "0");
        await().until(() -> !process.err().isEmpty());
        assertThat(process.err().get(0))
                .contains(
                        "etcd cannot be written; orders-0 is not listed yet: etcd " + etcd.address()
                                + " cannot be connected to, Connection refused",
                        "check that it listens there");
        process.terminate();
        assertThat(process.exitCode()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"call --transport http --count 1", "call --transport grpc --count 1", "shard --id 7 --shards 1"})
    void whatTheSourceSaysAndCannotBeUsedIsNoted(String command) {
        etcd.put(KEY, "{\"address\": \"127.0.0.1:1\", \"ordinal\": 0}");
        etcd.put("zerohop/v1/services/orders/endpoints/orders-1", "{\"address\": \"nowhere\"}");
        List<String> args = new ArrayList<>(List.of(command.split(" ")));
        args.add(1, "etcd://" + etcd.address() + "/orders");
        assertThat(Cli.run(args.toArray(String[]::new)).err())
                .contains("a value of the source is rejected: ", "endpoints/orders-1", "nowhere");
    }

    @Test
    void doctorClaimsNoGoodValueWhereThereNeverWasOne() {
        etcd.put(KEY, "{\"address\": \"nowhere\"}");
        assertThat(Cli.run("doctor", "etcd://" + etcd.address() + "/orders").out())
                .contains("optional: value of the source: rejected: " + KEY, "there is no good value before it: ")
                .doesNotContain("good one stays");
    }

    private Map<String, String> environment(String... more) {
        Map<String, String> environment = new HashMap<>(Map.of(
                "eb_go_lb_etcd_host", etcd.address(),
                "eb_go_lb_zone", "zone-b",
                "eb_go_lb_handler_type", "wrr",
                "eb_go_lb_node_name", "n1",
                "eb_go_lb_listen_port", "0"));
        for (int i = 0; i < more.length; i += 2) {
            environment.put(more[i], more[i + 1]);
        }
        return environment;
    }

    @Test
    void theGatewayServesLetsRunningRequestsEndAndEndsWithZero() throws Exception {
        AtomicInteger begun = new AtomicInteger();
        CountDownLatch go = new CountDownLatch(1);
        HttpServer upstream = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        ExecutorService threads = Executors.newCachedThreadPool();
        upstream.setExecutor(threads);
        upstream.createContext("/", exchange -> {
            begun.incrementAndGet();
            try {
                go.await();
            } catch (InterruptedException ended) {
                throw new IOException(ended);
            }
            exchange.sendResponseHeaders(200, 4);
            exchange.getResponseBody().write("slow".getBytes(StandardCharsets.US_ASCII));
            exchange.close();
        });
        upstream.start();
        try {
            int port = upstream.getAddress().getPort();
            etcd.put("golb/function/zone-b/f", "{\"ips\": [\"127.0.0.1:" + port + "\"], \"weights\": [1]}");
            Cli.Started gateway = started(environment(), "gateway");
            await().until(() -> !gateway.out().isEmpty());
            assertThat(gateway.out().get(0)).matches("ready port=\\d+ zone=zone-b node=n1");
            int own = Integer.parseInt(gateway.out().get(0).replaceAll("\\D*(\\d+).*", "$1"));
            HttpClient client = HttpClient.newHttpClient();
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + own + "/function/f/x"))
                    .build();
            var running = client.sendAsync(request, HttpResponse.BodyHandlers.ofString());
            await().until(() -> begun.get() == 1);
            gateway.terminate();
            await().until(() -> refused(own));
            go.countDown();
            assertThat(running.get().body()).isEqualTo("slow");
            assertThat(running.get().headers().firstValue("X-Final-Host")).contains("127.0.0.1:" + port);
            assertThat(gateway.exitCode()).isZero();
            assertThat(gateway.out()).hasSize(1);

            Cli.Started busy = started(environment("eb_go_lb_listen_port", Integer.toString(port)), "gateway");
            assertThat(busy.exitCode()).isEqualTo(1);
            assertThat(busy.err())
                    .filteredOn(line -> line.contains("cannot listen on port " + port + ": Address already in use"))
                    .hasSize(1);
        } finally {
            go.countDown();
            upstream.stop(0);
            threads.shutdownNow();
        }
    }

    @Test
    void theGatewayShowsTheMetricsOfItsFunctions() throws Exception {
        HttpServer upstream = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        upstream.createContext("/", exchange -> {
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        upstream.start();
        try {
            etcd.put(
                    "golb/function/zone-b/f",
                    "{\"ips\": [\"127.0.0.1:" + upstream.getAddress().getPort() + "\"], \"weights\": [1]}");
            Cli.Started gateway = started(environment("eb_go_lb_metrics_port", "0"), "gateway");
            await().until(() -> !gateway.out().isEmpty());
            int own = Integer.parseInt(gateway.out().get(0).replaceAll("\\D*(\\d+).*", "$1"));
            String metrics = gateway.err().stream()
                    .filter(line -> line.contains("the metrics are at "))
                    .findFirst()
                    .orElseThrow()
                    .replaceFirst(".*the metrics are at ", "");
            HttpClient client = HttpClient.newHttpClient();
            URI function = URI.create("http://127.0.0.1:" + own + "/function/f/x");
            assertThat(client.send(HttpRequest.newBuilder(function).build(), HttpResponse.BodyHandlers.discarding())
                            .statusCode())
                    .isEqualTo(204);
            HttpRequest scrape = HttpRequest.newBuilder(URI.create(metrics)).build();
            await().until(() -> client.send(scrape, HttpResponse.BodyHandlers.ofString())
                    .body()
                    .lines()
                    .anyMatch(line -> line.startsWith("zerohop_attempts_seconds_count{")
                            && line.contains("outcome=\"success\"")
                            && line.contains("service=\"zone-b/f\"")
                            && line.endsWith(" 1")));
        } finally {
            upstream.stop(0);
        }
    }

    private static boolean refused(int port) {
        try (Socket ignored = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return false;
        } catch (IOException refused) {
            return true;
        }
    }

    @ParameterizedTest
    @CsvSource({
        "eb_go_lb_zone, a/b",
        "eb_go_lb_etcd_host, nowhere",
        "eb_go_lb_handler_type, other",
        "eb_go_lb_listen_port, x",
        "eb_go_lb_gateways, ftp://a"
    })
    void aBadVariableIsOneLineAndExitCodeTwo(String variable, String value) throws Exception {
        Cli.Started gateway = started(environment(variable, value), "gateway");
        assertThat(gateway.exitCode()).isEqualTo(2);
        assertThat(gateway.out()).isEmpty();
        assertThat(gateway.err()).singleElement().asString().contains(variable + " was '" + value + "', expected");
    }

    @Test
    void watchCallAndShardTakeTargetsOfEtcdAndGolb() throws Exception {
        Cli.Started server = started(Map.of(), "server", "--id", "a", "--output", "json");
        await().until(() -> !server.out().isEmpty());
        Map<String, Object> ports = JsonText.object(server.out().get(0));
        String http = "127.0.0.1:" + ports.get("http");
        etcd.put("golb/function/zone-b/f", "{\"ips\": [\"" + http + "\"], \"weights\": [2]}");
        etcd.put(KEY, "{\"address\": \"" + http + "\", \"ordinal\": 0}");
        for (String target :
                List.of("golb://" + etcd.address() + "/zone-b/f", "etcd://" + etcd.address() + "/orders")) {
            Cli.Result call = Cli.run("call", target, "--transport", "http", "--count", "5", "--output", "json");
            assertThat(call.out()).contains("\"ok\":5");
            Cli.Started watch = started(Map.of(), "watch", target, "--output", "ndjson");
            await().until(() -> watch.out().stream().anyMatch(line -> line.contains(http)));
            watch.terminate();
            assertThat(watch.exitCode()).isZero();
        }
        Cli.Result shard = Cli.run("shard", "etcd://" + etcd.address() + "/orders", "--key", "k", "--output", "json");
        assertThat(shard.out()).contains("\"endpoint\":\"orders-0\"");
    }
}
