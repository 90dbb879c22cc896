package dev.zerohop.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The {@code zerohop} script in a small checkout whose Maven and Java only say what they were asked. */
class ScriptTest {
    @TempDir
    private Path directory;

    private Path root;
    private Path script;
    private Path jdk;
    private Path tools;

    private record Ended(int code, String out, String err) {}

    @BeforeEach
    void checkout() throws IOException {
        root = Files.createDirectories(directory.resolve("check out"));
        script = root.resolve("zerohop");
        Files.copy(Path.of("..", "..", "zerohop"), script);
        executable(script);
        for (String file : List.of(
                "pom.xml",
                "lb-core/pom.xml",
                "lb-core/src/main/A.java",
                "apps/pom.xml",
                "apps/zerohop-cli/pom.xml",
                "apps/zerohop-cli/src/main/B.java",
                "apps/zerohop-gateway/pom.xml",
                "apps/zerohop-gateway/src/main/C.java",
                ".mvn/jvm.config")) {
            Files.createDirectories(root.resolve(file).getParent());
            Files.writeString(root.resolve(file), file);
        }
        jdk = Files.createDirectories(directory.resolve("jdk"));
        Files.writeString(jdk.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"17.0.9\"\n");
        tool(jdk.resolve("bin/java"), "printf '%s\\n' \"$@\"; echo \"tool options: ${JAVA_TOOL_OPTIONS:-none}\"");
        tools = Files.createDirectories(directory.resolve("tools"));
        tool(
                tools.resolve("mvn"),
                "echo run >> '" + directory.resolve("builds")
                        + "'; echo '[INFO] Building zerohop core 0.1.0-SNAPSHOT                      [1/2]'; sleep 0.3; echo noise; "
                        + "echo '[INFO] Building zerohop command line 0.1.0-SNAPSHOT                 [2/2]'; "
                        + "if [ -f fail ]; then echo 'it is broken' >&2; exit 1; fi; "
                        + "mkdir -p apps/zerohop-cli/build/lib/sim; : > apps/zerohop-cli/build/lib/dep.jar; : > apps/zerohop-cli/build/lib/sim/peer.jar; : > apps/zerohop-cli/build/zerohop-cli-1.jar");
        age();
    }

    @Test
    void buildsOnceAndThenBecomesJava() throws Exception {
        Ended first = run(root, "call", "a b", "");
        assertThat(first.code()).isZero();
        assertThat(first.out().lines()).contains("dev.zerohop.cli.Main", "call", "a b", "tool options: none");
        assertThat(first.out()).doesNotContain("noise");
        assertThat(first.err().lines())
                .satisfiesExactly(
                        line -> assertThat(line).contains("building the command line"),
                        line -> assertThat(line).matches("zerohop: building 1/2 zerohop core, after [0-9]+ s"),
                        line -> assertThat(line).matches("zerohop: building 2/2 zerohop command line, after [0-9]+ s"),
                        line -> assertThat(line).matches("zerohop: built in [0-9]+ s"));
        Ended second = run(root, "watch");
        assertThat(second.err()).isEmpty();
        assertThat(builds()).isEqualTo(1);
    }

    @Test
    void onlySimulationsHaveThePeersOnTheirClassPath() throws Exception {
        String classPath = run(root, "sim", "scenario.json")
                .out()
                .lines()
                .filter(line -> line.endsWith("/sim/*"))
                .findFirst()
                .orElseThrow();
        assertThat(classPath).matches("(.*/lib-[^/:]*)/\\*:\\1/sim/\\*");
        assertThat(Path.of(classPath.substring(classPath.indexOf(':') + 1, classPath.length() - 1))
                        .resolve("peer.jar"))
                .exists();
        assertThat(run(root, "call").out()).doesNotContain("/sim/*");
    }

    @Test
    void whereStderrIsATerminalProgressIsOneLineAndJavaLearnsTheWidth() throws Exception {
        assumeThat(Path.of("/usr/bin/script")).exists();
        Ended ended = end(start(root, "/usr/bin/script", "-qec", "stty cols 70; '" + script + "' watch", "/dev/null"));
        assertThat(ended.code()).isZero();
        assertThat(ended.out())
                .contains("\r\033[Kzerohop: building 1/2 zerohop core, ")
                .doesNotContain(", after ")
                .contains("zerohop: built in ")
                .contains("-Dzerohop.out.columns=70")
                .contains("-Dzerohop.err.columns=70");
    }

    @Test
    void whereNoStreamIsATerminalJavaIsGivenNoWidth() throws Exception {
        assertThat(run(root, "watch").out()).doesNotContain("columns");
    }

    @Test
    void buildsAgainWhenASourceChangesOrGoes() throws Exception {
        run(root);
        Files.writeString(root.resolve("apps/zerohop-cli/src/main/C.java"), "new");
        run(root);
        assertThat(builds()).isEqualTo(2);
        age();
        run(root);
        Files.delete(root.resolve("apps/zerohop-cli/src/main/C.java"));
        run(root);
        assertThat(builds()).isEqualTo(3);
        age();
        run(root);
        Files.writeString(root.resolve("apps/zerohop-gateway/src/main/C.java"), "new");
        run(root);
        assertThat(builds()).isEqualTo(4);
    }

    @Test
    void firstUsesAtTheSameTimeBuildOnce() throws Exception {
        List<Process> all = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            all.add(start(root, script.toString()));
        }
        for (Process each : all) {
            assertThat(end(each).code()).isZero();
        }
        assertThat(builds()).isEqualTo(1);
    }

    @Test
    void findsItsCheckoutThroughASymlinkFromAnywhere() throws Exception {
        Path link = Files.createSymbolicLink(tools.resolve("zh"), script);
        Ended ended = end(start(directory, link.toString(), "shard"));
        assertThat(ended.code()).isZero();
        assertThat(ended.out()).contains(root.resolve("apps/zerohop-cli/build").toString());
    }

    @Test
    void aBuildThatFailsShowsWhyOnStderr() throws Exception {
        Files.writeString(root.resolve("fail"), "");
        Ended ended = run(root);
        assertThat(ended.code()).isEqualTo(1);
        assertThat(ended.out()).isEmpty();
        assertThat(ended.err()).contains("it is broken").contains("the build failed");
    }

    @Test
    void anOldJavaIsRefusedInOneLine() throws Exception {
        Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"11.0.2\"\n");
        Ended ended = run(root);
        assertThat(ended.code()).isEqualTo(1);
        assertThat(ended.err().lines()).singleElement().asString().contains("version '11', expected 17 or later");
    }

    @Test
    void optionsThatTheJvmWouldAnnounceReachItInSilence() throws Exception {
        ProcessBuilder builder = builder(root, script.toString(), "demo");
        builder.environment().put("JAVA_TOOL_OPTIONS", "-Done=1 -Dtwo=2");
        Ended ended = end(builder.start());
        assertThat(ended.out().lines()).contains("-Done=1", "-Dtwo=2", "tool options: none");
    }

    @Test
    void theUsersOwnClassPathComesBehindIts() throws Exception {
        ProcessBuilder builder = builder(root, script.toString(), "call");
        builder.environment().put("ZEROHOP_CLASSPATH", "/my/own.jar:/classes");
        assertThat(end(builder.start()).out().lines())
                .anySatisfy(line -> assertThat(line).endsWith("/*:/my/own.jar:/classes"));
        assertThat(run(root, "call").out().lines())
                .anySatisfy(line -> assertThat(line).startsWith(root.toString()).endsWith("/*"));
    }

    private Ended run(Path from, String... args) throws Exception {
        List<String> command = new ArrayList<>(List.of(script.toString()));
        command.addAll(List.of(args));
        return end(start(from, command.toArray(String[]::new)));
    }

    private Process start(Path from, String... command) throws IOException {
        return builder(from, command).start();
    }

    private ProcessBuilder builder(Path from, String... command) {
        ProcessBuilder builder = new ProcessBuilder(command).directory(from.toFile());
        builder.environment().put("JAVA_HOME", jdk.toString());
        builder.environment().put("PATH", tools + ":" + System.getenv("PATH"));
        builder.environment().remove("JAVA_TOOL_OPTIONS");
        return builder;
    }

    private static Ended end(Process process) throws Exception {
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ended(process.waitFor(), out, err);
    }

    private long builds() throws IOException {
        return Files.readAllLines(directory.resolve("builds")).size();
    }

    /** Makes everything older than the next build, as it is after a checkout. */
    private void age() throws IOException {
        FileTime old = FileTime.from(Instant.now().minusSeconds(60));
        try (var all = Files.walk(root)) {
            for (Path path :
                    all.filter(each -> !each.toString().contains("build")).toList()) {
                Files.setLastModifiedTime(path, old);
            }
        }
    }

    private static void tool(Path path, String text) throws IOException {
        Files.createDirectories(path.getParent());
        Files.writeString(path, "#!/bin/sh\n" + text + "\n");
        executable(path);
    }

    private static void executable(Path path) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
