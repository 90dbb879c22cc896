package dev.zerohop.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** No module reaches a log but through {@code dev.zerohop.Log}, where everything passes through its printable form. */
class LogsTest {
    private static final Pattern PAST_THE_LOG =
            Pattern.compile("org\\.slf4j\\.|\\.printStackTrace\\(|System\\.Logger\\b");

    @Test
    void onlyTheLogReachesSlf4j() throws IOException {
        try (Stream<Path> files = Files.walk(Pages.checkout())) {
            List<Path> sources = files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> file.toString().contains("/src/main/java/"))
                    .filter(file -> !file.endsWith("module-info.java") && !file.endsWith("dev/zerohop/Log.java"))
                    .toList();
            assertThat(sources)
                    .hasSizeGreaterThan(100)
                    .allSatisfy(source -> assertThat(Files.readString(source))
                            .as("%s logs past dev.zerohop.Log", source)
                            .doesNotContainPattern(PAST_THE_LOG));
        }
    }
}
