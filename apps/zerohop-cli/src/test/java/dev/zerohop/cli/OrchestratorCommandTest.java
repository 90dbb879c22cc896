package dev.zerohop.cli;

import static dev.zerohop.cli.Cli.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.zerohop.Endpoint;
import dev.zerohop.etcd.EtcdClient;
import dev.zerohop.etcd.EtcdRegistration;
import dev.zerohop.testing.FreePorts;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command in processes of its own, over a real etcd. */
class OrchestratorCommandTest {
    private final List<AutoCloseable> open = new ArrayList<>();

    @TempDir
    private Path directory;

    @AfterEach
    void end() throws Exception {
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    @Test
    void twoPrintTheirRolesAndVerdictsAndALeaderThatLeavesIsReplacedAtOnce() throws Exception {
        String etcd = etcd();
        List<Cli.Started> servers = new ArrayList<>();
        EtcdClient client = EtcdClient.of(etcd);
        open.add(client);
        for (int i = 0; i < 3; i++) {
            Cli.Started server = started("server", "--id", "orders-" + i);
            servers.add(server);
            awaitLine(server, "ready id=orders-" + i);
            int port = Integer.parseInt(server.out().get(0).replaceAll(".*http=", ""));
            EtcdRegistration.register(
                            client,
                            "orders",
                            Endpoint.builder("127.0.0.1", port)
                                    .id("orders-" + i)
                                    .build(),
                            Duration.ofMinutes(5))
                    .registered()
                    .get(60, TimeUnit.SECONDS);
        }
        Cli.Started first = orchestrator(etcd, "a");
        awaitLine(first, "role LEADER leader=a fence=");
        Cli.Started second = orchestrator(etcd, "b", "--output", "ndjson");
        awaitLine(second, "{\"event\":\"role\",\"role\":\"FOLLOWER\",\"leader\":\"a\"");

        servers.get(1).kill();
        awaitLine(first, "down orders-1 agreed=");
        awaitLine(second, "{\"event\":\"down\",\"endpoint\":\"orders-1\",\"reason\":");

        // Leases are long here: that another one leads is due to the resignation alone.
        first.terminate();
        assertThat(first.exitCode()).isZero();
        awaitLine(second, "{\"event\":\"role\",\"role\":\"LEADER\",\"leader\":\"b\"");
        assertThat(second.out()).noneMatch(line -> line.contains("lifted"));
    }

    @Test
    void itsMetricsSayWhetherItLeadsAndWhatIsDown() throws Exception {
        String etcd = etcd();
        EtcdClient client = EtcdClient.of(etcd);
        open.add(client);
        EtcdRegistration.register(
                        client,
                        "orders",
                        Endpoint.builder("127.0.0.1", FreePorts.next())
                                .id("orders-0")
                                .build(),
                        Duration.ofMinutes(5))
                .registered()
                .get(60, TimeUnit.SECONDS);
        Cli.Started alone = orchestrator(etcd, "a", "--max-down", "100", "--metrics-port", "0");
        await().until(() -> !alone.err().isEmpty());
        URI metrics = URI.create(alone.err().get(0).replaceFirst(".*the metrics are at ", ""));
        HttpRequest scrape = HttpRequest.newBuilder(metrics).build();
        String service = "{service=\"orders\"} ";
        await().untilAsserted(() -> assertThat(HttpClient.newHttpClient()
                        .send(scrape, HttpResponse.BodyHandlers.ofString())
                        .body())
                .contains("\nzerohop_orchestrator_role{role=\"leader\",service=\"orders\"} 1.0\n")
                .contains("\nzerohop_orchestrator_role{role=\"follower\",service=\"orders\"} 0.0\n")
                .contains("\nzerohop_orchestrator_role{role=\"detached\",service=\"orders\"} 0.0\n")
                .contains("\nzerohop_orchestrator_workers" + service + "1.0\n")
                .contains("\nzerohop_orchestrator_probed" + service + "1.0\n")
                .contains("\nzerohop_orchestrator_down" + service + "1.0\n")
                .contains("\nzerohop_orchestrator_over_limit" + service + "0.0\n")
                .contains("\nzerohop_orchestrator_verdicts_total{service=\"orders\",verdict=\"down\"} 1.0\n")
                .contains("\nzerohop_orchestrator_verdicts_total{service=\"orders\",verdict=\"lifted\"} 0.0\n"));
    }

    @Test
    void itEndsInGoodOrderWhileEtcdIsDown() throws Exception {
        Cli.Started alone = started("orchestrator", "--etcd", "127.0.0.1:1", "--service", "orders", "--probe", "tcp");
        await().until(() -> !alone.err().isEmpty());
        alone.terminate();
        assertThat(alone.exitCode()).isZero();
        assertThat(alone.out()).isEmpty();
    }

    private Cli.Started orchestrator(String etcd, String id, String... more) throws IOException {
        List<String> args = new ArrayList<>(List.of("orchestrator", "--etcd", etcd, "--service", "orders"));
        args.addAll(List.of("--probe", "http:/health", "--interval", "200", "--timeout", "200", "--id", id));
        args.addAll(List.of("--lease", "300", "--ttl", "900"));
        args.addAll(List.of(more));
        return started(args.toArray(String[]::new));
    }

    private Cli.Started started(String... args) throws IOException {
        Cli.Started process = Cli.start(args);
        open.add(process);
        return process;
    }

    private static void awaitLine(Cli.Started process, String beginning) {
        await().until(process::out, lines -> lines.stream().anyMatch(line -> line.startsWith(beginning)));
    }

    /** A real etcd on ports that were free; answers its address. */
    private String etcd() throws IOException {
        int port = FreePorts.next();
        String url = "http://127.0.0.1:" + port;
        String peer = "http://127.0.0.1:" + FreePorts.next();
        Process process = new ProcessBuilder(
                        binary(),
                        "--name=one",
                        "--data-dir=" + directory.resolve("etcd"),
                        "--listen-client-urls=" + url,
                        "--advertise-client-urls=" + url,
                        "--listen-peer-urls=" + peer,
                        "--initial-advertise-peer-urls=" + peer,
                        "--initial-cluster=one=" + peer,
                        "--log-level=error")
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("etcd.log").toFile())
                .start();
        open.add(() -> process.destroyForcibly().onExit().join());
        return "127.0.0.1:" + port;
    }

    private static String binary() {
        for (String entry : String.valueOf(System.getenv("PATH")).split(File.pathSeparator)) {
            Path candidate = Path.of(entry, "etcd");
            if (Files.isExecutable(candidate)) {
                return candidate.toString();
            }
        }
        Path extracted = Path.of("..", "..", "build", "etcd", "usr", "bin", "etcd")
                .toAbsolutePath()
                .normalize();
        if (!Files.isExecutable(extracted)) {
            fail("This test needs a real etcd and found none on the PATH nor at " + extracted
                    + ": run build-support/etcd.sh, which extracts one there.");
        }
        return extracted.toString();
    }
}
