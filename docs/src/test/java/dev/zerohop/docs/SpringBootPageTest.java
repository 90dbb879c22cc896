package dev.zerohop.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The page on Spring Boot shows the example that is built and run, and the properties that there are. */
class SpringBootPageTest {
    private static final Path PAGE = Pages.checkout().resolve("docs/spring-boot.md");
    private static final String FENCE = " spring-boot-4 ";

    @Test
    void theFilesOnThePageAreThoseOfTheExample() {
        List<String> shown = new ArrayList<>();
        for (Pages.Block block : Pages.blocksOf(PAGE)) {
            int at = block.info().indexOf(FENCE);
            if (at > 0) {
                String file = block.info().substring(at + FENCE.length());
                shown.add(file);
                assertThat(block.text())
                        .as(file)
                        .isEqualTo(Pages.read(Pages.checkout()
                                .resolve("examples/spring-boot-4")
                                .resolve(file)));
            }
        }
        assertThat(shown)
                .containsExactly(
                        "pom.xml",
                        "src/main/java/com/example/shop/ShopApplication.java",
                        "src/main/resources/application.properties");
    }

    @Test
    void bothExamplesAreTheSameButForTheVersionOfSpringBoot() {
        for (String file : List.of(
                "src/main/java/com/example/shop/ShopApplication.java",
                "src/main/java/com/example/shop/StockGrpc.java",
                "src/main/resources/application.properties",
                "src/test/java/com/example/shop/ShopApplicationTest.java",
                "src/test/java/com/example/shop/OrdersServers.java",
                "src/test/java/com/example/shop/StockServers.java")) {
            Path examples = Pages.checkout().resolve("examples");
            assertThat(Pages.read(examples.resolve("spring-boot-35").resolve(file)))
                    .as(file)
                    .isEqualTo(Pages.read(examples.resolve("spring-boot-4").resolve(file)));
        }
    }

    @Test
    void theTableHasEveryPropertyOfTheMetadataWithItsDefaultAndNoOther() {
        Path metadata = Pages.checkout()
                .resolve("extensions/zerohop-spring/target/classes/META-INF/spring-configuration-metadata.json");
        assumeThat(metadata).as("built before").exists();
        Set<String> known = new TreeSet<>();
        Matcher property = Pattern.compile(
                        "\\{\\s*\"name\": \"(zerohop\\.[^\"]+)\",\\s*\"type\": \"[^\"]+\",\\s*\"description\"((?:[^}\"]|\"(?:[^\"\\\\]|\\\\.)*\")*)\\}")
                .matcher(Pages.read(metadata));
        while (property.find()) {
            Matcher value =
                    Pattern.compile("\"defaultValue\": \"?([^\",\\s}]+)\"?").matcher(property.group(2));
            known.add(property.group(1) + "=" + (value.find() ? value.group(1) : ""));
        }
        known.remove("zerohop.services=");
        Set<String> rows = new TreeSet<>();
        try (Stream<String> lines = Pages.read(PAGE).lines()) {
            Pattern row = Pattern.compile("\\| `(zerohop\\.[^`]+)` \\| (?:`([^`]+)`)? ?\\|.*");
            lines.map(row::matcher).filter(Matcher::matches).forEach(match -> {
                // That of a policy is the configuration's own.
                String value = match.group(1).endsWith(".policy") || match.group(2) == null ? "" : match.group(2);
                rows.add(match.group(1) + "=" + value);
            });
        }
        assertThat(known).hasSizeGreaterThanOrEqualTo(6);
        assertThat(rows).isEqualTo(known);
    }

    @Test
    void thePageNamesTheVersionsOfSpringBootThatAreTested() {
        String page = Pages.read(PAGE);
        Path extensions = Pages.checkout().resolve("extensions");
        for (String starter : List.of("zerohop-spring-boot-starter", "zerohop-spring-boot3-starter")) {
            Matcher version = Pattern.compile("<spring-boot.version>(.*?)</spring-boot.version>")
                    .matcher(Pages.read(extensions.resolve(starter).resolve("pom.xml")));
            assertThat(version.find()).isTrue();
            assertThat(page).contains("`dev.zerohop:" + starter + "` | " + version.group(1) + " in all tests");
        }
    }
}
