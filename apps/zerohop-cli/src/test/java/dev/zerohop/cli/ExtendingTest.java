package dev.zerohop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.zerohop.Options;
import dev.zerohop.PickPolicy;
import dev.zerohop.PolicyProvider;
import dev.zerohop.testing.PickerContract;
import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the page on extensions shows works: under gRPC, under OkHttp, on the command line, replaced live. */
class ExtendingTest {
    private static final String ACTIVE = "{\"policy\": {\"example.active_standby\": {\"active\": \"b\"}}}";

    @TempDir
    private static Path directory;

    private static Path library;
    private static EchoServer a;
    private static EchoServer b;

    @BeforeAll
    static void start() throws Exception {
        library = ExtendingPage.library(directory);
        a = EchoServer.start("a", "127.0.0.1", 0, 0, new EchoServer.Behaviour());
        b = EchoServer.start("b", "127.0.0.1", 0, 0, new EchoServer.Behaviour());
    }

    @AfterAll
    static void stop() {
        a.close();
        b.close();
    }

    @Test
    void eachIsShorterThanTwentyLines() throws Exception {
        List<String> sources = ExtendingPage.blocks("java file");
        assertThat(sources).extracting(ExtendingPage::name).containsExactly("ActiveStandby", "OnlyVersion", "Ports");
        assertThat(sources)
                .allSatisfy(source -> assertThat(source.lines()
                                .filter(line -> !line.isBlank() && !line.matches("(package|import) .*"))
                                .count())
                        .isLessThan(20));
    }

    /** The page's policy does what every policy must. */
    @Nested
    class Contract extends PickerContract {
        @Override
        protected PickPolicy policy() {
            try {
                URLClassLoader loader =
                        new URLClassLoader(new URL[] {library.toUri().toURL()});
                PolicyProvider provider = (PolicyProvider) loader.loadClass("com.example.zerohop.ActiveStandby")
                        .getConstructor()
                        .newInstance();
                return provider.read(Options.of("", Map.of("active", "a-1"), "active"));
            } catch (Exception unusable) {
                throw new AssertionError(unusable);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"grpc", "http"})
    void theCommandLineTakesAPolicyAndASourceFromTheClassPath(String transport) throws Exception {
        boolean grpc = transport.equals("grpc");
        int first = grpc ? a.grpcPort() : a.httpPort();
        int second = grpc ? b.grpcPort() : b.httpPort();
        Path config = Files.writeString(
                directory.resolve(transport + "-active.json"), ACTIVE.replace("\"b\"", "\"127.0.0.1:" + second + "\""));
        try (Cli.Started call = Cli.start(
                Main.class,
                with(library),
                Map.of(),
                "call",
                "ports:///" + first + "," + second,
                "--transport",
                transport,
                "--config",
                config.toString(),
                "--count",
                "20",
                "--output",
                "json")) {
            assertThat(call.exitCode()).as("%s %s", call.out(), call.err()).isZero();
            assertThat(String.join("", call.out())).contains("\"b\":20").doesNotContain("\"a\":");
        }
    }

    @Test
    void theHelpListsIt() throws Exception {
        try (Cli.Started help = Cli.start(Main.class, with(library), Map.of(), "call", "--help")) {
            assertThat(help.exitCode()).isZero();
            assertThat(String.join(" ", help.out())).contains("example.active_standby");
        }
    }

    /** As long as the application lacks the library, nothing of the configuration counts. */
    @Test
    void aClientWithoutTheLibraryRejectsTheConfigurationAndSaysSo() throws Exception {
        Path config = Files.writeString(directory.resolve("unknown.json"), ACTIVE);
        Cli.Result result = Cli.run("call", "static:///127.0.0.1:" + a.grpcPort(), "--config", config.toString());
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.err())
                .contains("policy[\"example.active_standby\"]")
                .contains("no library on the class path has a PolicyProvider of that name");
        Path endpoints = Files.writeString(
                directory.resolve("endpoints.json"),
                "{\"endpoints\": [{\"address\": \"127.0.0.1:" + a.grpcPort() + "\"}], \"config\": " + ACTIVE + "}");
        Cli.Result call = Cli.run("call", "file://" + endpoints, "--count", "1", "--timeout", "10000");
        assertThat(call.code()).isEqualTo(1);
        assertThat(call.out() + call.err()).contains("no library on the class path has a PolicyProvider of that name");
    }

    @Test
    void replacedLiveUnderLoadNoCallFails() throws Exception {
        Path files = Files.createDirectories(directory.resolve("live"));
        try (Cli.Started run = Cli.start(ReplacementRun.class, with(library), Map.of(), files.toString())) {
            assertThat(run.exitCode()).as("%s %s", run.out(), run.err()).isZero();
            assertThat(run.out())
                    .satisfiesExactly(
                            line -> assertThat(line).matches("grpc calls [1-9][0-9]* failed 0 \\[\\]"),
                            line -> assertThat(line).matches("http calls [1-9][0-9]* failed 0 \\[\\]"));
        }
    }

    private static String with(Path library) {
        return System.getProperty("java.class.path") + File.pathSeparator + library;
    }
}
