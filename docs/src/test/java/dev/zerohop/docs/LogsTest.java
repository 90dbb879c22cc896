package dev.zerohop.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** No module reaches a log but through {@code dev.zerohop.Log}, where everything passes through its printable form. */
class LogsTest {
    private static final Pattern PAST_THE_LOG =
            Pattern.compile("org\\.slf4j\\.|\\.printStackTrace\\(|System\\.Logger\\b");

    private static final Pattern MESSAGE = Pattern.compile(
            "\\b(?:LOG|log)\\s*\\.\\s*(?:error|warn|info)\\(\\s*((?:\"(?:[^\"\\\\]|\\\\.)*\"\\s*\\+?\\s*)+)");

    private static final Pattern LITERAL = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"");

    private static final Pattern ROW = Pattern.compile("\\| `(?:ERROR|WARN|INFO)` \\| `([^`]+)` \\|.*");

    /** Libraries and the programs that run for long; what the command line says goes to its user. */
    private static final List<String> LOGGING =
            List.of("lb-", "extensions/", "apps/lb-etcd-orchestrator", "apps/zerohop-gateway");

    @Test
    void thePageOfLogMessagesHasAllOfThemAndNoOther() throws IOException {
        List<String> rows = Files.readAllLines(Pages.checkout().resolve("docs/logging.md")).stream()
                .map(ROW::matcher)
                .filter(Matcher::matches)
                .map(row -> row.group(1))
                .toList();
        StringBuilder said = new StringBuilder();
        for (Path source : sources()) {
            String text = Files.readString(source);
            Matcher message = MESSAGE.matcher(text);
            while (message.find()) {
                String template = literals(message.group(1)).replace("{}", "...");
                if (template.matches("[.:; ]+")) {
                    // All of it is what others say.
                    continue;
                }
                assertThat(rows).as("rows of docs/logging.md, for %s", source).contains(template);
            }
            said.append(literals(text)).append('\n');
        }
        String words = said.toString().replace("{}", "...");
        for (String row : rows) {
            for (String part : row.split("\\.\\.\\.")) {
                // Without the signs that stand between two parts.
                String word = part.replaceAll("^[^\\p{L}\\p{N}]+|[^\\p{L}\\p{N}]+$", "");
                assertThat(words).as("what is logged, for the row %s", row).contains(word);
            }
        }
    }

    private static String literals(String code) {
        StringBuilder text = new StringBuilder();
        Matcher literal = LITERAL.matcher(code);
        while (literal.find()) {
            text.append(literal.group(1));
        }
        return text.toString();
    }

    private static List<Path> sources() throws IOException {
        Path checkout = Pages.checkout();
        try (Stream<Path> files = Files.walk(checkout)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> file.toString().contains("/src/main/java/"))
                    .filter(file ->
                            LOGGING.stream().anyMatch(checkout.relativize(file).toString()::startsWith))
                    .toList();
        }
    }

    @Test
    void onlyTheLogReachesSlf4j() throws IOException {
        try (Stream<Path> files = Files.walk(Pages.checkout())) {
            List<Path> sources = files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> file.toString().contains("/src/main/java/"))
                    .filter(file -> !file.endsWith("module-info.java") && !file.endsWith("dev/zerohop/Log.java"))
                    // It sets the level of what others log, and logs nothing.
                    .filter(file -> !file.endsWith("dev/zerohop/cli/LogOptions.java"))
                    .toList();
            assertThat(sources)
                    .hasSizeGreaterThan(100)
                    .allSatisfy(source -> assertThat(Files.readString(source))
                            .as("%s logs past dev.zerohop.Log", source)
                            .doesNotContainPattern(PAST_THE_LOG));
        }
    }
}
