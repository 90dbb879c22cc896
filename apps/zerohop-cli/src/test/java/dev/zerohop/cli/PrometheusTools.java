package dev.zerohop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** Debian's prometheus and promtool, where the verify script has put them. A test that needs one of them is skipped without it. */
final class PrometheusTools {
    /** What docs/monitoring has. */
    static final Path FILES =
            Path.of("..", "..", "docs", "monitoring").toAbsolutePath().normalize();

    private PrometheusTools() {}

    /** The program's path. */
    static String find(String name) {
        for (String entry : String.valueOf(System.getenv("PATH")).split(File.pathSeparator)) {
            Path candidate = Path.of(entry, name);
            if (Files.isExecutable(candidate)) {
                return candidate.toString();
            }
        }
        Path extracted = Path.of("..", "..", "build", "prometheus", "usr", "bin", name)
                .toAbsolutePath()
                .normalize();
        Assumptions.assumeTrue(
                Files.isExecutable(extracted),
                "found no " + name + " on the PATH nor at " + extracted
                        + ": run build-support/prometheus.sh, which extracts one there");
        return extracted.toString();
    }

    /** Runs promtool in the directory of the files and requires that it finds nothing wrong; answers what it says. */
    static String promtool(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(find("promtool")));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .directory(FILES.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }

    /** The queries as a file of rules, which promtool parses; variables of Grafana's are replaced as Grafana would. */
    static String rules(List<String> queries) {
        StringBuilder rules = new StringBuilder("{\"groups\": [{\"name\": \"queries\", \"rules\": [\n");
        for (int i = 0; i < queries.size(); i++) {
            String query = replaced(queries.get(i)).replace("\\", "\\\\").replace("\"", "\\\"");
            rules.append(i == 0 ? "" : ",\n")
                    .append("{\"record\": \"query:")
                    .append(i)
                    .append("\", \"expr\": \"");
            rules.append(query).append("\"}");
        }
        return rules.append("\n]}]}\n").toString();
    }

    /** A query with all services and instances, and a rate over a minute. */
    static String replaced(String query) {
        return query.replace("$__rate_interval", "1m").replace("$service", ".*").replace("$instance", ".*");
    }
}
