package dev.zerohop.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Makes docs/monitoring/dashboard.svg anew, in four minutes: {@code mvn -pl apps/zerohop-cli -am test -Dtest=DashboardPictureRun -Dsurefire.failIfNoSpecifiedTests=false
 * -Dzerohop.dashboard.picture=docs/monitoring/dashboard.svg}. No test of anything: it waits by the clock, so that minutes are minutes in the picture.
 */
@EnabledIfSystemProperty(named = "zerohop.dashboard.picture", matches = ".+")
class DashboardPictureRun {
    private static final Duration WELL = Duration.ofSeconds(60);
    private static final Duration KILLED = Duration.ofSeconds(180);

    private final List<Cli.Started> processes = new ArrayList<>();

    @TempDir
    private Path directory;

    @AfterEach
    void end() {
        processes.forEach(Cli.Started::close);
    }

    private Cli.Started started(String... args) throws Exception {
        Cli.Started process = Cli.start(args);
        processes.add(process);
        return process;
    }

    private Cli.Started server(int number, String port) throws Exception {
        Cli.Started server =
                started("server", "--id", "orders-" + number, "--grpc", port, "--delay", "4", "--output", "json");
        Cli.await().until(() -> !server.out().isEmpty());
        return server;
    }

    private static String port(Cli.Started server) {
        return String.valueOf(JsonText.object(server.out().get(0)).get("grpc"));
    }

    @Test
    void draw() throws Exception {
        List<Cli.Started> servers = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            servers.add(server(i, "0"));
        }
        List<String> ports = servers.stream().map(DashboardPictureRun::port).toList();
        Path endpoints = Files.writeString(
                directory.resolve("orders.json"),
                ports.stream()
                        .map(port -> "{\"id\": \"orders-" + ports.indexOf(port) + "\", \"address\": \"127.0.0.1:" + port
                                + "\"}")
                        .collect(Collectors.joining(", ", "{\"endpoints\": [", "]}")));
        List<String> shown = new ArrayList<>();
        for (String rate : List.of("120", "80")) {
            Cli.Started call = started(
                    "call",
                    "file://" + endpoints,
                    "--rate",
                    rate,
                    "--duration",
                    "3600",
                    "--output",
                    "ndjson",
                    "--metrics-port",
                    "0");
            Cli.await().until(() -> call.err().stream().anyMatch(line -> line.contains("the metrics are at ")));
            shown.add(call.err().get(0).replaceAll(".*http://|/metrics.*", ""));
        }
        try (Prometheus prometheus = Prometheus.start(directory, shown)) {
            // A rate over a minute is none before there was one.
            pass(Duration.ofSeconds(65));
            long from = Instant.now().getEpochSecond();
            pass(WELL);
            List<DashboardPicture.Mark> marks = new ArrayList<>();
            marks.add(new DashboardPicture.Mark(Instant.now().getEpochSecond(), "killed"));
            servers.get(1).kill();
            servers.get(3).kill();
            pass(KILLED);
            Path file = Path.of("..", "..").resolve(System.getProperty("zerohop.dashboard.picture"));
            System.out.println("alerts at the end: " + prometheus.alerts());
            Files.writeString(
                    file, DashboardPicture.svg(prometheus, from, Instant.now().getEpochSecond(), marks));
        }
    }

    private static void pass(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        Cli.await().atMost(time.plusSeconds(60)).until(() -> System.nanoTime() >= end);
    }
}
