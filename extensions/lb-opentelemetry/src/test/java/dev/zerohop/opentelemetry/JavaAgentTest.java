package dev.zerohop.opentelemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process of its own under OpenTelemetry's real Java agent, whose spans its exporter writes into the process's output. */
@Tag("long")
class JavaAgentTest {
    private static final Path AGENT = Path.of("target/agent/opentelemetry-javaagent.jar");

    @TempDir
    Path directory;

    /** The line of the one span of this name and kind. */
    private static String span(List<String> lines, String name) {
        List<String> found = lines.stream()
                .filter(line -> line.contains("'" + name + "' :") && line.contains(" CLIENT "))
                .toList();
        assertThat(found).as("spans %s in%n%s", name, String.join("\n", lines)).hasSize(1);
        return found.get(0);
    }

    private static String value(String span, String attribute) {
        Matcher value =
                Pattern.compile("[{ ]" + Pattern.quote(attribute) + "=([^,}]+)").matcher(span);
        assertThat(value.find()).as("%s in %s", attribute, span).isTrue();
        return value.group(1);
    }

    private List<String> run(String... targets) throws Exception {
        assertThat(AGENT).as("made by mvn -Dlong").exists();
        Path output = directory.resolve("output");
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-javaagent:" + AGENT.toAbsolutePath(),
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        AgentClient.class.getName(),
                        targets[0],
                        targets[1])
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment()
                .putAll(Map.of(
                        "OTEL_TRACES_EXPORTER",
                        "console",
                        "OTEL_METRICS_EXPORTER",
                        "none",
                        "OTEL_LOGS_EXPORTER",
                        "none"));
        Process process = builder.start();
        try {
            assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(process.exitValue()).as(Files.readString(output)).isZero();
        return Files.readAllLines(output);
    }

    @Test
    void theSpansOfTheAgentSayWhereEachAttemptWent() throws Exception {
        HttpServer http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        http.start();
        int port = http.getAddress().getPort();
        try (WhoServers servers = new WhoServers(2)) {
            servers.failing.set(1);
            List<String> lines = run("static:///127.0.0.1:" + port + ";id=orders-7;zone=b", servers.target());
            String get = span(lines, "GET");
            assertThat(value(get, "zerohop.service")).isEqualTo("orders");
            assertThat(value(get, "zerohop.endpoint.id")).isEqualTo("orders-7");
            assertThat(value(get, "zerohop.endpoint.zone")).isEqualTo("b");
            assertThat(value(get, "zerohop.outcome")).isEqualTo("success");
            assertThat(value(get, "server.address")).isEqualTo("orders");
            assertThat(value(get, "network.peer.address")).isEqualTo("127.0.0.1");
            assertThat(value(get, "network.peer.port")).isEqualTo(Integer.toString(port));

            String call = span(lines, "test.Who/Who");
            assertThat(value(call, "zerohop.attempt")).isEqualTo("2");
            assertThat(value(call, "zerohop.outcome")).isEqualTo("success");
            assertThat(servers.ids()).contains(value(call, "zerohop.endpoint.id"));
            assertThat(value(call, "zerohop.endpoint.id"))
                    .isEqualTo(value(call, "network.peer.address") + ":" + value(call, "network.peer.port"));
        } finally {
            http.stop(0);
        }
    }
}
