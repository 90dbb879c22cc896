package dev.zerohop.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The first page shows the very projects, command and versions that {@code ./verify --compat} runs. */
class SamplesTest {
    private static final String FENCE = "xml sample ";
    private static final Path PAGE = Pages.checkout().resolve("docs/getting-started.md");

    @Test
    void thePageShowsThePomOfEverySample() throws IOException {
        Map<String, String> shown = new TreeMap<>();
        for (Pages.Block block : Pages.blocksOf(PAGE)) {
            if (block.info().startsWith(FENCE)) {
                shown.put(block.info().substring(FENCE.length()), block.text());
            }
        }
        Map<String, String> built = new TreeMap<>();
        try (Stream<Path> samples = Files.list(Pages.checkout().resolve("compat/samples"))) {
            for (Path sample : samples.toList()) {
                built.put(sample.getFileName().toString(), Files.readString(sample.resolve("pom.xml")));
            }
        }
        assertThat(built).isNotEmpty();
        assertThat(shown).isEqualTo(built);
    }

    @Test
    void theSamplesInheritNothing() {
        assertThat(samples()).allSatisfy(pom -> assertThat(Pages.read(pom)).doesNotContain("<parent>"));
    }

    @Test
    void theCommandsOfThePageAreTheOnesThatAreRun() {
        String script = Pages.read(Pages.checkout().resolve("build-support/samples.sh"));
        Matcher install = Pattern.compile("(?m)^\\$ mvn -B -q (install .*)$").matcher(Pages.read(PAGE));
        assertThat(install.find()).isTrue();
        assertThat(script).contains("maven " + install.group(1) + "\n").contains("compile exec:java");
        assertThat(Pages.read(PAGE)).contains("compile exec:java");
    }

    @Test
    void samplesBomAndPageNameTheVersionsOfTheBuild() {
        String parent = Pages.read(Pages.checkout().resolve("pom.xml"));
        String project = value(parent, "<artifactId>zerohop-parent</artifactId>\\s*<version>(.*?)</version>");
        String bom = Pages.read(Pages.checkout().resolve("lb-bom/pom.xml"));
        assertThat(version(bom, "lb-bom")).isEqualTo(project);
        Map.of("grpc-bom", "grpc", "netty-bom", "netty", "okhttp-bom", "okhttp")
                .forEach((artifact, property) ->
                        assertThat(version(bom, artifact)).as(artifact).isEqualTo(property(parent, property)));
        for (Path sample : samples()) {
            String pom = Pages.read(sample);
            assertThat(version(pom, "lb-bom")).isEqualTo(project);
            assertThat(version(pom, "slf4j-simple")).isEqualTo(property(parent, "slf4j"));
            if (pom.contains("<artifactId>retrofit</artifactId>")) {
                assertThat(version(pom, "retrofit")).isEqualTo(property(parent, "retrofit"));
            }
        }
        assertThat(row("JDK")).contains("| " + property(parent, "maven.compiler.release") + " |");
        assertThat(row("grpc-java")).contains(property(parent, "grpc") + " in all tests");
        assertThat(row("OkHttp")).contains(property(parent, "okhttp") + " in all tests");
        assertThat(row("Retrofit")).contains(property(parent, "retrofit"));
    }

    @Test
    void everyGrpcVersionOfTheSmokeTestsIsInTheTable() throws IOException {
        try (Stream<Path> modules = Files.list(Pages.checkout().resolve("compat"))) {
            List<String> versions = modules.map(module -> module.getFileName().toString())
                    .filter(name -> name.matches("grpc-[0-9.]+"))
                    .map(name -> name.substring("grpc-".length()))
                    .toList();
            assertThat(versions)
                    .isNotEmpty()
                    .allSatisfy(version -> assertThat(row("grpc-java")).contains(version));
        }
    }

    private static List<Path> samples() {
        try (Stream<Path> samples = Files.list(Pages.checkout().resolve("compat/samples"))) {
            return samples.map(sample -> sample.resolve("pom.xml")).toList();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static String row(String subject) {
        return value(Pages.read(PAGE), "(?m)^(\\| " + Pattern.quote(subject) + " \\|.*)$");
    }

    private static String version(String pom, String artifact) {
        return value(pom, "<artifactId>" + Pattern.quote(artifact) + "</artifactId>\\s*<version>(.*?)</version>");
    }

    private static String property(String parent, String name) {
        String full = name.contains(".") ? name : name + ".version";
        return value(parent, "<" + Pattern.quote(full) + ">(.*?)</" + Pattern.quote(full) + ">");
    }

    private static String value(String text, String pattern) {
        Matcher match = Pattern.compile(pattern).matcher(text);
        assertThat(match.find()).as(pattern).isTrue();
        return match.group(1);
    }
}
