package dev.zerohop.cli;

import static dev.zerohop.cli.Cli.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The commands with {@code --metrics-port}, those that run on as processes of their own. */
class MetricsCommandsTest {
    private static final Pattern TOLD = Pattern.compile("the metrics are at (http://\\S+)");

    private final HttpClient client = HttpClient.newHttpClient();
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

    /** Starts an echo server; answers its port. */
    private String server(String transport) throws IOException {
        Cli.Started server = started("server", "--id", "orders-" + processes.size(), "--output", "json");
        await().until(() -> !server.out().isEmpty());
        return String.valueOf(JsonText.object(server.out().get(0)).get(transport));
    }

    private static String told(Cli.Started process) {
        await().until(() ->
                process.err().stream().anyMatch(line -> TOLD.matcher(line).find()));
        Matcher line = TOLD.matcher(String.join("\n", process.err()));
        assertThat(line.find()).isTrue();
        return line.group(1);
    }

    private String scrape(String url) {
        try {
            return client.send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString())
                    .body();
        } catch (IOException failed) {
            throw new AssertionError(failed);
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    @ParameterizedTest
    @CsvSource({"grpc,grpc", "http,okhttp"})
    void callShowsItsAttemptsWhileItRuns(String transport, String adapter) throws Exception {
        String target = "static:///127.0.0.1:" + server(transport) + ",127.0.0.1:" + server(transport);
        Cli.Started call = started(
                "call", target, "--transport", transport, "--rate", "50", "--duration", "600", "--metrics-port", "0");
        String url = told(call);
        await().until(() -> value(scrape(url), "zerohop_attempts_seconds_count", "outcome=\"success\"") > 20);
        String scrape = scrape(url);
        assertThat(value(scrape, "zerohop_endpoints_candidates", "")).isEqualTo(2);
        assertThat(value(scrape, "zerohop_refusals_total", "kind=\"none_usable\""))
                .isZero();
        assertThat(scrape).containsPattern("zerohop_info\\{[^}]*adapter=\"" + adapter + "\"");
        call.terminate();
        assertThat(call.exitCode()).isZero();
        assertThatThrownBy(() -> client.send(
                        HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString()))
                .isInstanceOf(ConnectException.class);
    }

    @Test
    void watchShowsWhatItFollows() throws Exception {
        Cli.Started watch = started("watch", "static:///127.0.0.1:1,127.0.0.1:2", "--metrics-port", "0");
        String url = told(watch);
        await().until(() -> value(scrape(url), "zerohop_endpoints_candidates", "") == 2);
        assertThat(value(scrape(url), "zerohop_membership_changes_total", "change=\"added\""))
                .isEqualTo(2);
        watch.terminate();
        assertThat(watch.exitCode()).isZero();
    }

    /** The value of the one series with this in its labels; -1 if there is none. */
    private static double value(String scrape, String name, String label) {
        Matcher line = Pattern.compile("(?m)^" + name + "(?:\\{[^}]*" + label + "[^}]*})? (\\S+)$")
                .matcher(scrape);
        return line.find() ? Double.parseDouble(line.group(1)) : -1;
    }

    @Test
    void aPortThatIsTakenIsBadInputOfEveryCommand() throws Exception {
        String target = "static:///127.0.0.1:1";
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = Integer.toString(taken.getLocalPort());
            String said = "--metrics-port was '" + port + "', which cannot be listened on at 127.0.0.1: ";
            List<List<String>> commands = List.of(
                    List.of("call", target),
                    List.of("watch", target),
                    List.of("orchestrator", "--etcd", "127.0.0.1:1", "--service", "orders", "--probe", "tcp"));
            for (List<String> command : commands) {
                Cli.Result result = Cli.run(Stream.concat(command.stream(), Stream.of("--metrics-port", port))
                        .toArray(String[]::new));
                assertThat(result.code()).isEqualTo(2);
                assertThat(result.out()).isEmpty();
                assertThat(result.errLines()).singleElement().asString().contains(said);
            }
            assertThatThrownBy(() -> gateway("eb_go_lb_metrics_port", port).call())
                    .isInstanceOf(BadInput.class)
                    .hasMessageStartingWith("eb_go_lb_metrics_port was '" + port + "', which cannot be listened on");
        }
    }

    @Test
    void aVariableOfTheGatewayThatCannotBeUsedIsNamed() {
        assertThatThrownBy(() -> gateway("eb_go_lb_metrics_port", "x").call())
                .isInstanceOf(BadInput.class)
                .hasMessage("eb_go_lb_metrics_port was 'x', expected a port from 0 (any) to 65535");
        assertThatThrownBy(
                        () -> gateway("eb_go_lb_metrics_address", "127.0.0.1").call())
                .isInstanceOf(BadInput.class)
                .hasMessage(
                        "eb_go_lb_metrics_address was '127.0.0.1', and there is no eb_go_lb_metrics_port, expected both or neither");
    }

    private static GatewayCommand gateway(String variable, String value) {
        return new GatewayCommand(
                new Console(System.out, System.err, false), Map.of("eb_go_lb_zone", "z", variable, value));
    }
}
