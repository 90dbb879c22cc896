package dev.zerohop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.testing.FreePorts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real Prometheus with the alerts as they ship scrapes calls to five servers, two of which are killed. */
@Tag("long")
class PrometheusDrillTest {
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

    @Test
    void twoOfFiveServersDieAndTheAlertForThatStirsAndNoOther() throws Exception {
        List<Cli.Started> servers = new ArrayList<>();
        List<String> addresses = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            Cli.Started server = started("server", "--id", "orders-" + i, "--output", "json");
            servers.add(server);
            Cli.await().until(() -> !server.out().isEmpty());
            addresses.add("127.0.0.1:" + JsonText.object(server.out().get(0)).get("grpc"));
        }
        int shown = FreePorts.next();
        Cli.Started call = started(
                "call",
                "static:///" + String.join(",", addresses),
                "--rate",
                "200",
                "--duration",
                "3600",
                "--output",
                "ndjson",
                "--metrics-port",
                Integer.toString(shown));
        try (Prometheus prometheus = Prometheus.start(directory, List.of("127.0.0.1:" + shown))) {
            String usable = "sum(zerohop_endpoints{state=~\"healthy|unknown|held|half_open\"})";
            Cli.await()
                    .until(() -> prometheus.value(usable) == 5
                            && prometheus.value(
                                            "sum(increase(zerohop_attempts_seconds_count{outcome=\"success\"}[1m]))")
                                    > 1000);
            assertThat(prometheus.rulesLoaded()).isGreaterThan(10);
            assertThat(prometheus.alerts()).as("before").isEmpty();

            servers.get(1).kill();
            servers.get(3).kill();
            Cli.await().until(() -> prometheus.value(usable) == 3);
            // Half a minute of evaluations, one a second, in which any other alert could have stirred.
            Cli.await()
                    .until(() ->
                            prometheus.value("count_over_time(ALERTS{alertname=\"ZerohopCapacityLow\"}[5m])") >= 30);
            assertThat(prometheus.alerts()).containsExactly("ZerohopCapacityLow pending");
            assertThat(prometheus.labels("count by (alertname) (last_over_time(ALERTS[10m]))", "alertname"))
                    .as("at any time")
                    .containsExactly("ZerohopCapacityLow");
            assertThat(prometheus.value("min(up)")).isEqualTo(1);
        }
        call.terminate();
        assertThat(call.exitCode()).isZero();
        Path log = directory.resolve("prometheus.log");
        assertThat(Files.readAllLines(log).stream()
                        .filter(line -> line.contains("level=error"))
                        .collect(Collectors.toList()))
                .isEmpty();
    }
}
