package dev.zerohop.cli;

import static dev.zerohop.cli.Cli.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TopCommandTest {
    private static final String TMUX = "zerohop-" + ProcessHandle.current().pid();

    private final List<Cli.Started> processes = new ArrayList<>();

    @AfterEach
    void end() {
        processes.forEach(Cli.Started::close);
    }

    private Cli.Started started(String... args) throws IOException {
        Cli.Started process = Cli.start(args);
        processes.add(process);
        return process;
    }

    @Test
    void aTargetIsFollowedAndPrintedWhereThereIsNoTerminal() throws Exception {
        Cli.Started top = started("top", "static:///10.0.0.1:80;id=orders-0,10.0.0.2:80;id=orders-1");
        await().until(() -> top.out().stream()
                        .filter(line -> line.startsWith("zerohop top  "))
                        .count()
                >= 2);
        assertThat(top.out()).anyMatch(line -> line.startsWith("orders-1 ") && line.contains(" UNKNOWN "));
        top.terminate();
        assertThat(top.exitCode()).isZero();
    }

    @Test
    void aRunningProcessIsAttachedToAsJson() throws Exception {
        Cli.Started watch = started("watch", "static:///10.0.0.1:80;id=orders-0", "--admin-port", "0");
        URI page = AdminOptionsTest.page(watch);
        for (String url : List.of(page.toString(), page.resolve("state.json").toString())) {
            Cli.Started top = started("top", url, "--output", "json");
            await().until(() -> top.out().size() >= 2);
            assertThat(JsonText.object(top.out().get(1))).containsKeys("at", "services", "problems");
            top.terminate();
            assertThat(top.exitCode()).isZero();
        }
        Cli.Started top = started("top", page.toString());
        await().until(() -> !top.out().isEmpty());
        watch.terminate();
        await().until(() ->
                top.out().stream().anyMatch(line -> line.startsWith("! " + page + " cannot be read since ")));
        assertThat(top.alive()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "http://127.0.0.1:1/ | 1 | http://127.0.0.1:1/ cannot be read: ",
                "http:// | 2 | the URL was 'http://', expected one such as",
                "nowhere | 2 | ",
                "static:///10.0.0.1:80 --sort weight | 2 | --sort was 'weight'",
                "static:///10.0.0.1:80 --output ndjson | 2 | --output was 'ndjson'",
            })
    void whatCannotBeShownIsOneLine(String arguments, int code, String message) {
        Cli.Result result = Cli.run(("top " + arguments).split(" "));
        assertThat(result.code()).isEqualTo(code);
        assertThat(result.out()).isEmpty();
        assertThat(result.errLines()).hasSize(1);
        assertThat(result.err()).contains(message == null ? "" : message);
    }

    // ---- in a real terminal ----

    private static String tmux(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("tmux", "-L", TMUX, "-f", "/dev/null"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor() == 0 ? said : "tmux failed: " + said;
    }

    private static void assumeTmux() {
        boolean there = Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "tmux")));
        assertThat(there || System.getProperty("long") == null)
                .as("tmux is missing")
                .isTrue();
        assumeTrue(there, "no tmux on the PATH");
    }

    @Test
    void aTerminalOfEightyColumnsShowsAKilledServer() throws Exception {
        assumeTmux();
        List<Cli.Started> servers = new ArrayList<>();
        StringBuilder target = new StringBuilder("static:///");
        for (String id : List.of("orders-0", "orders-1", "orders-2")) {
            Cli.Started server = started("server", "--id", id);
            await().until(() -> !server.out().isEmpty());
            target.append(servers.isEmpty() ? "" : ",")
                    .append("127.0.0.1:")
                    .append(server.out().get(0).replaceFirst(".* http=(\\d+).*", "$1"))
                    .append(";id=")
                    .append(id);
            servers.add(server);
        }
        Cli.Started call = started(
                "call",
                target.toString(),
                "--transport",
                "http",
                "--duration",
                "600",
                "--rate",
                "100",
                "--admin-port",
                "0");
        URI page = AdminOptionsTest.page(call);
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String command = "'" + java + "' -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dzerohop.out.columns=80 -cp '"
                + System.getProperty("java.class.path") + "' " + Main.class.getName() + " top " + page;
        try {
            assertThat(tmux("new-session", "-d", "-x", "80", "-y", "24", command))
                    .isEmpty();
            await().until(() -> tmux("capture-pane", "-p").contains("orders-2             UNKNOWN"));
            servers.get(1).kill();
            await().until(() -> tmux("capture-pane", "-p").contains("orders-1             UNREACHABLE"));
            List<String> screen = tmux("capture-pane", "-p").lines().toList();
            assertThat(screen.get(0)).startsWith("zerohop top  ").endsWith("by status");
            assertThat(screen).anyMatch(line -> line.startsWith("! "));
            assertThat(screen)
                    .as("nothing is wrapped")
                    .filteredOn(line -> line.startsWith("orders-"))
                    .hasSize(3);
            tmux("send-keys", "f");
            await().until(() -> tmux("capture-pane", "-p").contains("by failures"));
            tmux("send-keys", "q");
            await().until(() -> tmux("has-session").startsWith("tmux failed"));
        } finally {
            tmux("kill-server");
        }
    }
}
