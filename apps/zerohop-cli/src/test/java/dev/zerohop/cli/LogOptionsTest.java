package dev.zerohop.cli;

import static dev.zerohop.cli.Cli.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What commands that run for long log on stderr. */
class LogOptionsTest {
    private static final String TIME = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}(Z|[+-]\\d\\d:\\d\\d) ";

    /** Nothing answers there. */
    private static final String NOWHERE = "127.0.0.1:1";

    @TempDir
    private Path directory;

    private static void assertLogs(Cli.Started process, String line) {
        await().until(() -> process.err().stream().anyMatch(each -> each.matches(TIME + line)));
    }

    @Test
    void aChangeIsALineWithItsTimeWhereThatIsWanted() throws Exception {
        Path file = Files.writeString(
                directory.resolve("orders.json"),
                "{\"endpoints\": [{\"id\": \"orders-0\", \"address\": \"10.0.0.1:80\"}]}");
        Map<String, String> environment =
                Map.of("eb_go_lb_zone", "a", "eb_go_lb_listen_port", "0", "eb_go_lb_etcd_host", NOWHERE);
        try (Cli.Started watch = Cli.start("watch", "file://" + file, "--log", "info");
                Cli.Started server = Cli.start("server", "--id", "orders-1", "--log", "info");
                Cli.Started call = Cli.start(
                        "call",
                        "static:///" + NOWHERE + ";id=orders-0",
                        "--transport",
                        "http",
                        "--duration",
                        "600",
                        "--log",
                        "warn");
                Cli.Started quiet = Cli.start(
                        "call",
                        "static:///" + NOWHERE + ";id=orders-0",
                        "--transport",
                        "http",
                        "--duration",
                        "600",
                        "--rate",
                        "20");
                Cli.Started orchestrator = Cli.start(
                        "orchestrator", "--etcd", NOWHERE, "--service", "orders", "--probe", "tcp", "--log", "warn");
                Cli.Started gateway = Cli.start(environment, "gateway", "--log", "warn")) {
            assertLogs(watch, "INFO dev\\.zerohop\\.Balancer - file:.*: 1 endpoints?, 1 added \\(orders-0\\)");
            Files.writeString(file, "{\"endpoints\": []}");
            assertLogs(watch, "INFO dev\\.zerohop\\.Balancer - file:.*: 0 endpoints, 1 removed \\(orders-0\\)");
            assertLogs(call, "WARN dev\\.zerohop\\.Balancer - .*orders-0.* is UNREACHABLE since now: .*");
            assertThat(call.err()).noneMatch(line -> line.contains(" INFO "));
            assertLogs(orchestrator, "WARN dev\\.zerohop\\..*");
            assertLogs(gateway, "WARN dev\\.zerohop\\..*");
            await().until(() -> !server.out().isEmpty());
            server.terminate();
            assertThat(server.exitCode()).isZero();
            assertLogs(
                    server, "INFO dev\\.zerohop\\..* - orders-1: drains: no new calls, those under way have 5000 ms");
            assertThat(server.out()).singleElement().asString().startsWith("ready id=orders-1 grpc=");
            assertThat(quiet.err()).noneMatch(line -> line.matches(".* (WARN|INFO) .*"));
        }
    }

    @Test
    void anotherLevelIsBadInputOfEveryCommand() {
        List<List<String>> commands = List.of(
                List.of("call", "static:///" + NOWHERE),
                List.of("watch", "static:///" + NOWHERE),
                List.of("server", "--id", "orders-0"),
                List.of("gateway"),
                List.of("register", "etcd://" + NOWHERE + "/orders", "--id", "orders-0", "--address", NOWHERE),
                List.of("orchestrator", "--etcd", NOWHERE, "--service", "orders", "--probe", "tcp"));
        for (List<String> command : commands) {
            List<String> arguments = new ArrayList<>(command);
            arguments.addAll(List.of("--log", "loud"));
            Cli.Result result = Cli.run(arguments.toArray(String[]::new));
            assertThat(result.code()).as(command.get(0)).isEqualTo(2);
            assertThat(result.out()).isEmpty();
            assertThat(result.err().strip())
                    .isEqualTo("zerohop: --log was 'loud', expected error, warn, info or debug");
        }
    }
}
