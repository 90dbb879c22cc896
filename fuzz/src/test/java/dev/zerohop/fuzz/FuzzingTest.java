package dev.zerohop.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Fuzzes each target for its share of {@code -Dfuzz.seconds}, in a process of its own whose memory is limited: a finding ends the process, and a target that hangs or
 * fills the heap is a finding too. Begins with the seeds and with what earlier runs left under {@code target}.
 */
@EnabledIfSystemProperty(named = "fuzz.seconds", matches = "[1-9][0-9]*")
class FuzzingTest {
    private static final String HEAP = "-Xmx512m";

    /** Of the whole process, instrumentation and native parts included. */
    private static final int MAX_MEGABYTES = 2_048;

    /** For one input, most of which take less than a millisecond: so long that a machine which stands still is none. */
    private static final int HANGS_SECONDS = 60;

    /** What the process may take beyond its time: to start, and to end a last input. */
    private static final int SPARE_SECONDS = 600;

    private static final int MAX_INPUT = 4_096;
    private static final int SHOWN_LINES = 40;

    private static final Pattern EXECUTED = Pattern.compile("stat::number_of_executed_units: (\\d+)");
    private static final Pattern FOUND = Pattern.compile("== Java |==\\d+== ERROR: ");

    private static final Path DIRECTORY = Path.of(System.getProperty("fuzz.directory", "target/fuzz"));

    static List<Class<?>> targets() {
        String only = System.getProperty("fuzz.target", "");
        List<Class<?>> chosen = Targets.ALL.stream()
                .filter(target -> only.isEmpty() || target.getSimpleName().equals(only))
                .toList();
        assertThat(chosen).as("targets of the name '%s'", only).isNotEmpty();
        return chosen;
    }

    @ParameterizedTest
    @MethodSource("targets")
    void nothingIsFound(Class<?> target) throws Exception {
        int seconds = Math.max(
                1,
                Integer.parseInt(System.getProperty("fuzz.seconds")) / targets().size());
        String name = target.getSimpleName();
        Path own = DIRECTORY.resolve(name).toAbsolutePath();
        Path corpus = Files.createDirectories(own.resolve("corpus"));
        Path log = own.resolve("log.txt");
        Process fuzzer = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        HEAP,
                        "-XX:+EnableDynamicAgentLoading",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "com.code_intelligence.jazzer.Jazzer",
                        "--target_class=" + target.getName(),
                        "--instrumentation_includes=dev.zerohop.**",
                        "--custom_hook_includes=dev.zerohop.**",
                        "--reproducer_path=" + own,
                        "-artifact_prefix=" + own + "/",
                        "-dict=" + Path.of("src/test/dictionary.txt").toAbsolutePath(),
                        "-max_total_time=" + seconds,
                        "-max_len=" + MAX_INPUT,
                        "-timeout=" + HANGS_SECONDS,
                        "-rss_limit_mb=" + MAX_MEGABYTES,
                        "-print_final_stats=1",
                        corpus.toString(),
                        Targets.seeds(target).toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        boolean ended;
        try {
            ended = fuzzer.waitFor(seconds + SPARE_SECONDS, TimeUnit.SECONDS);
        } finally {
            fuzzer.destroyForcibly();
        }
        List<String> lines = lines(log);
        System.out.printf(
                Locale.ROOT,
                "%s: %,d executions in %d s, %d inputs kept%n",
                name,
                executed(lines),
                seconds,
                kept(corpus));
        if (!ended || fuzzer.exitValue() != 0) {
            fail(
                    "%s has found something, or has not run (%s); the input is in %s, as a file to keep among the seeds:%n%s"
                            .formatted(name, log, own, finding(lines)));
        }
    }

    private static List<String> lines(Path log) throws IOException {
        return new String(Files.readAllBytes(log), StandardCharsets.ISO_8859_1)
                .lines()
                .toList();
    }

    private static long executed(List<String> lines) {
        for (String line : lines) {
            Matcher matcher = EXECUTED.matcher(line);
            if (matcher.find()) {
                return Long.parseLong(matcher.group(1));
            }
        }
        return 0;
    }

    private static long kept(Path corpus) throws IOException {
        try (Stream<Path> files = Files.list(corpus)) {
            return files.count();
        }
    }

    private static String finding(List<String> lines) {
        int from = 0;
        while (from < lines.size() && !FOUND.matcher(lines.get(from)).find()) {
            from++;
        }
        int first = from < lines.size() ? from : Math.max(0, lines.size() - SHOWN_LINES);
        return String.join("\n", lines.subList(first, Math.min(lines.size(), first + SHOWN_LINES)));
    }
}
