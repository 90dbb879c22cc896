package dev.zerohop.demo.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The story holds, in a process of its own: what it starts must not keep a process alive, and its class path has no etcd. */
class KubernetesStoryTest {
    private static final Pattern CHECK = Pattern.compile("\\{\"check\":[^}]*}");

    @TempDir
    private Path directory;

    @Test
    void theWholeStoryHolds() throws IOException, InterruptedException {
        Path report = directory.resolve("report.html");
        Path out = directory.resolve("out");
        Path err = directory.resolve("err");
        Process demo = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.zerohop.cli.DemoMain",
                        "demo",
                        "--kubernetes",
                        "--output",
                        "json",
                        "--report",
                        report.toString())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        try {
            assertThat(demo.waitFor(5, TimeUnit.MINUTES)).isTrue();
        } finally {
            demo.destroyForcibly();
        }
        String story = Files.readString(out);
        assertThat(story).as(() -> read(err)).contains("\"step\":5");
        // How long something took is for people to judge: the machine may be busy.
        assertThat(CHECK.matcher(story).results().map(MatchResult::group))
                .hasSizeGreaterThan(30)
                .filteredOn(check -> !check.contains("first answer of"))
                .allSatisfy(check -> assertThat(check).endsWith("\"held\":true}"));
        assertThat(Files.readString(report)).startsWith("<!doctype html>").contains("<svg", "orders-4");
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException unreadable) {
            return unreadable.toString();
        }
    }
}
