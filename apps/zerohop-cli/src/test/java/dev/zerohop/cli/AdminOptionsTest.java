package dev.zerohop.cli;

import static dev.zerohop.cli.Cli.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The status page of commands that run for a while. */
class AdminOptionsTest {
    private static final Pattern PAGE = Pattern.compile("zerohop: status page: (http://\\S+)");

    /** Nothing answers there. */
    private static final String NOWHERE = "127.0.0.1:1";

    static URI page(Cli.Started process) {
        await().until(() ->
                process.err().stream().anyMatch(line -> PAGE.matcher(line).matches()) || !process.alive());
        Matcher page = PAGE.matcher(String.join("\n", process.err()));
        assertThat(page.find()).as(String.join("\n", process.err())).isTrue();
        return URI.create(page.group(1));
    }

    static String get(URI uri) throws Exception {
        HttpResponse<String> response = HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).isEqualTo(200);
        return response.body();
    }

    @Test
    void watchServesThePageOfItsBalancer() throws Exception {
        try (Cli.Started watch = Cli.start("watch", "static:///10.0.0.1:80;id=orders-0", "--admin-port", "0")) {
            URI page = page(watch);
            assertThat(page.getHost()).isEqualTo("127.0.0.1");
            await().until(() -> get(page).contains(">orders-0<"));
            assertThat(get(page.resolve("state.json"))).contains("\"id\":\"orders-0\"");
            watch.terminate();
            assertThat(watch.exitCode()).isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({"grpc", "http"})
    void callServesThePageWithItsAttempts(String transport) throws Exception {
        try (Cli.Started server = Cli.start("server", "--id", "orders-0")) {
            await().until(() -> !server.out().isEmpty());
            String port = server.out().get(0).replaceFirst(".* " + transport + "=(\\d+).*", "$1");
            try (Cli.Started call = Cli.start(
                    "call",
                    "static:///127.0.0.1:" + port + ";id=orders-0",
                    "--transport",
                    transport,
                    "--duration",
                    "600",
                    "--rate",
                    "50",
                    "--admin-port",
                    "0")) {
                URI page = page(call);
                await().until(() -> get(page).matches("(?s).*>orders-0<.*[1-9]\\d* ok<.*"));
                assertThat(get(page)).contains("<small>" + (transport.equals("http") ? "okhttp" : "grpc") + "</small>");
            }
        }
    }

    @Test
    void theOrchestratorHasNoBalancerAndSaysWhatItIs() throws Exception {
        try (Cli.Started orchestrator = Cli.start(
                "orchestrator", "--etcd", NOWHERE, "--service", "orders", "--probe", "tcp", "--admin-port", "0")) {
            assertThat(get(page(orchestrator)))
                    .contains("No balancer runs in this process.")
                    .contains("orchestrator of orders: ");
        }
    }

    @Test
    void theGatewayServesItBesideItsOwnPort() throws Exception {
        Map<String, String> environment =
                Map.of("eb_go_lb_zone", "a", "eb_go_lb_listen_port", "0", "eb_go_lb_etcd_host", NOWHERE);
        try (Cli.Started gateway = Cli.start(environment, "gateway", "--admin-port", "0")) {
            assertThat(get(page(gateway))).contains("<title>zerohop</title>");
        }
    }

    @Test
    void aPortInUseIsOneLineAndExitCodeTwo() throws Exception {
        try (ServerSocket busy = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Cli.Result result =
                    Cli.run("watch", "static:///10.0.0.1:80", "--admin-port", Integer.toString(busy.getLocalPort()));
            assertThat(result.code()).isEqualTo(2);
            assertThat(result.out()).isEmpty();
            assertThat(result.errLines()).hasSize(1);
            assertThat(result.err())
                    .startsWith("zerohop: --admin-port was '" + busy.getLocalPort()
                            + "', where the status page cannot listen on 127.0.0.1: ")
                    .contains("expected a free port");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--admin-port 0 --admin-address 0.0.0.0 | --admin-address was '0.0.0.0', expected an address of loopback",
                "--admin-port 0 --admin-address no.such.host.invalid | --admin-address was 'no.such.host.invalid', expected an address of this machine",
                "--admin-port 70000 | --admin-port was '70000', expected 0 to 65535",
                "--admin-port 0 --admin-host a:80 | --admin-host: an allowed host was 'a:80'",
                "--admin-remote | --admin-address, --admin-remote or --admin-host was given without --admin-port",
            })
    void badOptionsAreToldInOneLine(String options, String message) {
        Cli.Result result = Cli.run(("watch static:///10.0.0.1:80 " + options).split(" "));
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.err()).startsWith("zerohop: " + message);
        assertThat(result.errLines()).hasSize(1);
    }

    @Test
    void anotherAddressIsServedWhenThatIsAllowed() throws Exception {
        try (Cli.Started watch = Cli.start(
                "watch",
                "static:///10.0.0.1:80;id=orders-0",
                "--admin-port",
                "0",
                "--admin-address",
                "0.0.0.0",
                "--admin-remote")) {
            assertThat(get(page(watch))).contains("<title>zerohop</title>");
        }
    }
}
