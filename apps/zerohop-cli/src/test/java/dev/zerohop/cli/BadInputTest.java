package dev.zerohop.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Bad input gives exit code 2, one line that names what was wrong, and nothing else. */
class BadInputTest {
    private static final String TARGET = "static:///127.0.0.1:1";

    @TempDir
    private Path directory;

    static Stream<Arguments> refused() {
        return Stream.of(
                refused("no command given"),
                refused("'frobnicate'", "frobnicate"),
                refused("no command 'wach', did you mean 'watch'?", "wach", TARGET),
                refused("no command 'docotr', did you mean 'doctor'?", "docotr"),
                refused("'--bogus'", "call", TARGET, "--bogus"),
                refused("unknown option '--outptu' (see", "gateway", "--outptu", "json"),
                refused("'--outptu', did you mean '--output'?", "watch", TARGET, "--outptu", "json"),
                refused("'--polcy', did you mean '--policy'?", "call", TARGET, "--polcy=random"),
                refused("'--idd', did you mean '--id'?", "server", "--idd", "a"),
                refused("SHELL was 'fish', expected bash or zsh", "completion", "fish"),
                refused("'TARGET'", "call"),
                refused("'TARGET'", "watch"),
                refused("'more'", "watch", TARGET, "more"),
                refused("'nonsense' at position 0", "call", "nonsense"),
                refused("scheme 'nosuch'", "watch", "nosuch:///x"),
                refused("'99999'", "shard", "static:///127.0.0.1:99999", "--key", "a"),
                refused("colour", "watch", "static:///127.0.0.1:1;colour=red"),
                refused("--policy was 'best'", "call", TARGET, "--policy", "best"),
                refused("--policy shard picks by key", "call", TARGET, "--policy", "shard"),
                refused("--policy and --config", "call", TARGET, "--policy", "random", "--config", "x"),
                refused("no such file", "call", TARGET, "--config", "/nonexistent/config.json"),
                refused("--transport was 'tcp'", "call", TARGET, "--transport", "tcp"),
                refused("'many' is not a whole number (see zerohop call --help)", "call", TARGET, "--count", "many"),
                refused("Missing required parameter: 'TARGET' (see zerohop call --help)", "call"),
                refused("--count was '0'", "call", TARGET, "--count", "0"),
                refused("--count and --duration", "call", TARGET, "--count", "1", "--duration", "1"),
                refused("--duration was '-1.0'", "call", TARGET, "--duration", "-1"),
                refused("--concurrency was '0'", "call", TARGET, "--concurrency", "0"),
                refused("--rate was '0.0'", "call", TARGET, "--rate", "0"),
                refused("--timeout was '0'", "call", TARGET, "--timeout", "0"),
                refused("--ids was '5'", "call", TARGET, "--ids", "5"),
                refused("FROM not above TO", "call", TARGET, "--ids", "9-2"),
                refused("more than one of --key", "call", TARGET, "--key", "a", "--id", "1"),
                refused("--path was 'x'", "call", TARGET, "--transport", "http", "--path", "x"),
                refused("--path was '/x'", "call", TARGET, "--transport", "grpc", "--path", "/x"),
                refused("--output was 'yaml'", "call", TARGET, "--output", "yaml"),
                refused("--output was 'ndjson'", "shard", TARGET, "--key", "a", "--output", "ndjson"),
                refused("neither --key nor --id", "shard", TARGET),
                refused("--key and --id", "shard", TARGET, "--key", "a", "--id", "1"),
                refused("--key was '', expected a key", "call", TARGET, "--policy", "shard", "--key", ""),
                refused("--key was ' ', expected a key", "shard", TARGET, "--key", " "),
                refused("--id was 'x', expected an integer of 64 bits", "shard", TARGET, "--id", "x"),
                refused("--id was '+1', expected an integer of 64 bits", "call", TARGET, "--id", "+1"),
                refused("--key was 'a\\u001b[31m', expected", "shard", TARGET, "--key", "a\u001b[31m"),
                refused(
                        "--strategy was 'best', expected jump, modulo or directory",
                        "shard",
                        TARGET,
                        "--key",
                        "a",
                        "--strategy",
                        "best"),
                refused("expected an integer key", "shard", TARGET, "--key", "a", "--strategy", "modulo"),
                refused(
                        "--shards was '1000001', expected 1 to 1000000",
                        "shard",
                        TARGET,
                        "--key",
                        "a",
                        "--shards",
                        "1000001"),
                refused(
                        "shard count was 1000001, expected 1 to 1000000",
                        "shard-map",
                        "begin",
                        "etcd://h:1/s",
                        "--count",
                        "1000001"),
                refused("--strategy ranges needs", "shard", TARGET, "--key", "a", "--strategy", "ranges"),
                refused("--shards was '0'", "shard", TARGET, "--key", "a", "--shards", "0"),
                refused("STEP was 'move', expected show, begin", "shard-map", "move", "etcd://h:1/s"),
                refused("'TARGET'", "shard-map", "show"),
                refused("expected one of the scheme etcd", "shard-map", "show", TARGET),
                refused("neither --count nor --map", "shard-map", "announce", "etcd://h:1/s"),
                refused("--epoch was missing", "shard-map", "cut-over", "etcd://h:1/s"),
                refused("--epoch was '-1'", "shard-map", "withdraw", "etcd://h:1/s", "--epoch", "-1"),
                refused(
                        "--keys was given with cut-over",
                        "shard-map",
                        "cut-over",
                        "etcd://h:1/s",
                        "--keys",
                        "NEW_AT_ONCE"),
                refused("--keys was 'NOW'", "shard-map", "announce", "etcd://h:1/s", "--count", "2", "--keys", "NOW"),
                refused("shard count was 0", "shard-map", "begin", "etcd://h:1/s", "--count", "0"),
                refused(
                        "--map had an epoch or a move",
                        "shard-map",
                        "announce",
                        "etcd://h:1/s",
                        "--map",
                        "{\"epoch\": 1, \"count\": 2}"),
                refused("--ttl was '1'", register("etcd://h:1/s", "--ttl", "1")),
                refused("--drain was '-1'", register("etcd://h:1/s", "--drain", "-1")),
                refused("endpoint.weight was -1", register("etcd://h:1/s", "--weight", "-1")),
                refused("endpoint.ordinal was -2", register("etcd://h:1/s", "--ordinal", "-2")),
                refused("expected one of the scheme etcd", register("golb://h:1/z/f")),
                refused("expected one name, the service", register("etcd://h:1/a/b")),
                refused("id was 'a/b'", "register", "etcd://h:1/s", "--id", "a/b", "--address", "h:1"),
                refused("endpoint.address was", "register", "etcd://h:1/s", "--id", "a", "--address", "nowhere"),
                refused("'--address=HOST:PORT'", "register", "etcd://h:1/s", "--id", "a"),
                refused("--metrics-port was '70000', expected a port", "call", TARGET, "--metrics-port", "70000"),
                refused("--metrics-port was 'x', expected a port", "watch", TARGET, "--metrics-port", "x"),
                refused("--metrics-port was '-1', expected a port", orchestrator("--metrics-port", "-1")),
                refused(
                        "--metrics-address was '300.1.1.1', expected an address of this machine",
                        "call",
                        TARGET,
                        "--metrics-port",
                        "0",
                        "--metrics-address",
                        "300.1.1.1"),
                refused(
                        "--metrics-address was '0.0.0.0', and there is no --metrics-port",
                        "call",
                        TARGET,
                        "--metrics-address",
                        "0.0.0.0"),
                refused("eb_go_lb_zone is not set", "gateway"),
                refused("'--port'", "gateway", "--port"),
                refused("'--id=ID'", "server"),
                refused("--id was 'a b'", "server", "--id", "a b"),
                refused("--grpc was '70000'", "server", "--id", "a", "--grpc", "70000"),
                refused("--fail was '101.0'", "server", "--id", "a", "--fail", "101"),
                refused("--host was '300.1.1.1'", "server", "--id", "a", "--host", "300.1.1.1"),
                refused("--delay was '-1'", "server", "--id", "a", "--delay", "-1"),
                refused("'--etcd=HOST:PORT[,HOST:PORT...]'", "orchestrator"),
                refused("--etcd: etcd server was 'nowhere'", orchestrator("--etcd", "nowhere")),
                refused("the probe was 'udp'", orchestrator("--probe", "udp")),
                refused(
                        "--probe was 'tcp', expected one over TLS",
                        orchestrator("--probe-ca", "/nowhere/ca.pem", "--probe", "tcp")),
                refused(
                        "--probe-key is missing, expected --probe-cert and --probe-key together",
                        orchestrator("--probe", "tls", "--probe-cert", "/nowhere/cert.pem")),
                refused(
                        "/nowhere/ca.pem cannot be read",
                        orchestrator("--probe", "https:/", "--probe-ca", "/nowhere/ca.pem")),
                refused("--etcd: /nowhere/ca.pem cannot be read", orchestrator("--etcd-ca", "/nowhere/ca.pem")),
                refused(
                        "--etcd-password-file is missing, expected --etcd-user and --etcd-password-file together",
                        orchestrator("--etcd-user", "me")),
                refused("the path of a probe was 'health'", orchestrator("--probe", "http:health")),
                refused("interval was PT0S", orchestrator("--interval", "0")),
                refused("timeout was PT6S, expected PT0.01S to PT5S", orchestrator("--timeout", "6000")),
                refused("ttl was PT20S, expected PT30S to PT1H", orchestrator("--ttl", "20")),
                refused("lease was PT1S", orchestrator("--lease", "1")),
                refused("maxDownPercent was 101", orchestrator("--max-down", "101")),
                refused("orchestrator id was 'a/b'", orchestrator("--id", "a/b")),
                refused("service was 'a/b'", orchestrator("--service", "a/b")),
                refused("--output was 'json'", orchestrator("--output", "json")),
                refused("--report was", "demo", "--report", "/nonexistent/report.html"));
    }

    private static String[] register(String target, String... more) {
        return Stream.concat(Stream.of("register", target, "--id", "a", "--address", "h:1"), Stream.of(more))
                .toArray(String[]::new);
    }

    /** With options as they must not be. */
    private static String[] orchestrator(String... given) {
        Map<String, String> options = new LinkedHashMap<>();
        options.put("--etcd", "127.0.0.1:1");
        options.put("--service", "orders");
        options.put("--probe", "tcp");
        for (int i = 0; i < given.length; i += 2) {
            options.put(given[i], given[i + 1]);
        }
        List<String> args = new ArrayList<>(List.of("orchestrator"));
        options.forEach((name, value) -> args.addAll(List.of(name, value)));
        return args.toArray(String[]::new);
    }

    private static Arguments refused(String reason, String... args) {
        return Arguments.of(reason, (Object) args);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void isRefused(String reason, String[] args) {
        assertRefused(Cli.run(args), reason);
    }

    @Test
    void aBadConfigurationIsRefusedWithItsFileAndThePathInIt() throws IOException {
        Path file = Files.writeString(
                directory.resolve("config.json"), "{\"health\": {\"ejection\": {\"maxPercent\": 120}}}");
        Cli.Result result = Cli.run("call", TARGET, "--config", file.toString());
        assertRefused(result, file.toString());
        assertThat(result.err()).contains("health.ejection.maxPercent").contains("120");
    }

    @Test
    void aTornConfigurationIsRefusedOnOneLine() throws IOException {
        Path file = Files.writeString(directory.resolve("config.json"), "{\n\"policy\":\n\"rando");
        assertRefused(Cli.run("call", TARGET, "--config", file.toString()), file.toString());
    }

    @Test
    void aRealProcessSaysNoMoreThanThatEither() throws Exception {
        try (Cli.Started process = Cli.start("call", TARGET, "--policy", "best")) {
            assertThat(process.exitCode()).isEqualTo(2);
            assertThat(process.out()).isEmpty();
            assertThat(process.err()).singleElement().asString().contains("--policy was 'best'");
        }
    }

    private static void assertRefused(Cli.Result result, String reason) {
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.out()).isEmpty();
        assertThat(result.errLines())
                .singleElement()
                .asString()
                .startsWith("zerohop: ")
                .contains(reason);
    }

    @Test
    void aFileOfCredentialsThatCannotBeUsedIsBadInputOfTheGateway() {
        Path missing = directory.resolve("missing.json");
        System.setProperty("zerohop.config", missing.toString());
        try {
            assertThatThrownBy(() -> new GatewayCommand(
                                    new Console(System.out, System.err, false), Map.of("eb_go_lb_zone", "z"))
                            .call())
                    .isInstanceOf(BadInput.class)
                    .hasMessage("system property zerohop.config names " + missing
                            + ", which cannot be used: NoSuchFileException");
        } finally {
            System.clearProperty("zerohop.config");
        }
    }
}
