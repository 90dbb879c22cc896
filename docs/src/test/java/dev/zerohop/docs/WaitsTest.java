package dev.zerohop.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** No test of any module waits for something so briefly that a machine which is busy with other things fails it. */
class WaitsTest {
    private static final int LEAST_SECONDS = 60;

    /** Its limit is 10 s; each module has an {@code await()} of its own with one that is long enough. */
    private static final Pattern DEFAULT_AWAIT =
            Pattern.compile("import static org\\.awaitility|Awaitility\\s*\\.await\\(\\)(?!\\s*\\.atMost\\()");

    private static final Pattern SECONDS = Pattern.compile("\\.atMost\\(Duration\\.ofSeconds\\((\\d+)\\)\\)"
            + "|\\.(?:get|await|awaitTermination|waitFor|orTimeout|failsWithin|tryAcquire|poll)\\((\\d+), (?:java\\.util\\.concurrent\\.)?TimeUnit\\.SECONDS\\)"
            + "|@Timeout\\((\\d+)\\)");

    private static final Pattern MILLISECONDS = Pattern.compile(
            "\\.atMost\\(Duration\\.ofMillis\\("
                    + "|\\.(?:get|await|awaitTermination|waitFor|orTimeout|failsWithin|tryAcquire|poll)\\([\\d_]+, (?:java\\.util\\.concurrent\\.)?TimeUnit\\.MILLISECONDS\\)");

    @Test
    void noWaitIsShort() throws IOException {
        List<String> found = new ArrayList<>();
        for (Path source : sources()) {
            String text = Files.readString(source);
            for (Pattern pattern : List.of(DEFAULT_AWAIT, MILLISECONDS, SECONDS)) {
                Matcher match = pattern.matcher(text);
                while (match.find()) {
                    if (!isLong(match)) {
                        long line = text.substring(0, match.start()).lines().count();
                        found.add(source + ":" + line + ": " + match.group());
                    }
                }
            }
        }
        assertThat(found)
                .as("waits of less than %s s; Awaitility's own limit is 10 s", LEAST_SECONDS)
                .isEmpty();
    }

    private static boolean isLong(Matcher match) {
        for (int i = 1; i <= match.groupCount(); i++) {
            if (match.group(i) != null) {
                return Integer.parseInt(match.group(i)) >= LEAST_SECONDS;
            }
        }
        return false;
    }

    private static List<Path> sources() throws IOException {
        try (Stream<Path> files = Files.walk(Pages.checkout())) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> file.toString().contains("/src/test/java/")
                            || file.toString().contains("/test-support/"))
                    .filter(file -> !file.endsWith("WaitsTest.java"))
                    .sorted()
                    .toList();
        }
    }
}
