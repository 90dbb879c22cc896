package dev.zerohop.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the build made before the documentation: jars and trees of the published artifacts, which are there when everything is built. */
class PublishedArtifactsTest {
    private static final Pattern DEPENDENCY = Pattern.compile(
            "([ |+\\\\-]*)([^:]+):([^:]+):jar:(?:[^:]+:)?[^:]+:(?:compile|runtime)( \\(optional\\))?\\s*");

    static Stream<String> modules() {
        return Stream.of(
                "lb-core",
                "lb-dns",
                "lb-etcd",
                "lb-k8s-discovery",
                "lb-grpc",
                "lb-okhttp",
                "lb-testing",
                "extensions/lb-server",
                "extensions/lb-sharding",
                "extensions/lb-micrometer",
                "extensions/lb-opentelemetry",
                "extensions/zerohop-spring",
                "extensions/zerohop-spring-boot-starter",
                "extensions/zerohop-spring-boot3-starter",
                "extensions/lb-admin",
                "apps/lb-etcd-orchestrator");
    }

    private static Path built(String module, String file) {
        Path path = Pages.checkout().resolve(module).resolve("target").resolve(file);
        assumeThat(path).as("built before").exists();
        return path;
    }

    @ParameterizedTest
    @MethodSource("modules")
    void nothingIsBroughtThatThePageOfDependenciesDoesNotName(String module) throws IOException {
        List<String> lines = Files.readAllLines(built(module, "dependency-tree.txt"));
        List<String> tree = new ArrayList<>();
        for (String line : lines.subList(1, lines.size())) {
            Matcher dependency = DEPENDENCY.matcher(line);
            assertThat(dependency.matches()).as(line).isTrue();
            tree.add(dependency.group(1) + dependency.group(2) + ":" + dependency.group(3));
        }
        String artifact = Path.of(module).getFileName().toString();
        String page = Files.readString(Pages.checkout().resolve("docs/dependencies.md"));
        int heading = page.indexOf("\n## " + artifact + "\n");
        assertThat(heading)
                .as("docs/dependencies.md has a part for %s", artifact)
                .isPositive();
        int from = page.indexOf("```text\n", heading) + "```text\n".length();
        assertThat(page.substring(from, page.indexOf("\n```", from)))
                .as("the tree of %s in docs/dependencies.md", artifact)
                .isEqualTo(String.join("\n", tree));
    }

    /** Metrics and traces are modules of their own. */
    @ParameterizedTest
    @ValueSource(strings = {"lb-core", "lb-grpc", "lb-okhttp"})
    void noClientHasALibraryOfMetricsOrTracesOnItsClassPath(String module) throws IOException {
        assertThat(Files.readString(built(module, "dependency-tree.txt")))
                .doesNotContain("opentelemetry")
                .doesNotContain("micrometer");
    }

    @ParameterizedTest
    @MethodSource("modules")
    void everyJarHoldsLicenceAndNotice(String module) throws IOException {
        Path tree = built(module, "dependency-tree.txt");
        // A build may go without Javadoc, and then has no jar of it.
        boolean javadoc = Files.exists(tree.resolveSibling("reports/apidocs/index.html"));
        try (Stream<Path> files = Files.list(tree.resolveSibling(""))) {
            List<Path> jars = files.filter(file -> file.toString()
                            .matches(".*(-SNAPSHOT|\\d)(-sources" + (javadoc ? "|-javadoc" : "") + ")?\\.jar"))
                    .toList();
            assertThat(jars).hasSizeGreaterThanOrEqualTo(javadoc ? 3 : 2);
            for (Path jar : jars) {
                try (ZipFile zip = new ZipFile(jar.toFile())) {
                    assertThat(zip.getEntry("META-INF/LICENSE"))
                            .as("LICENSE of %s", jar)
                            .isNotNull();
                    assertThat(zip.getEntry("META-INF/NOTICE"))
                            .as("NOTICE of %s", jar)
                            .isNotNull();
                }
            }
        }
    }
}
