package dev.zerohop.benchmarks.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Raw results as JMH and the other measurements write them, of figures that a test chooses. */
final class StoredRun {
    private final Map<String, String> files = new LinkedHashMap<>();
    private final List<String> forks = new ArrayList<>();

    /** One fork of one iteration. The benchmark is {@code library.Class.method}. */
    StoredRun cpu(String benchmark, String policy, int n, int threads, double nanos) {
        return fork(benchmark, policy(policy), n, threads, nanos, ", \"cpu\": {\"rawData\": [[%s]]}".formatted(nanos));
    }

    StoredRun wall(String benchmark, String policy, int n, double time) {
        return fork(benchmark, policy(policy), n, 1, time, "");
    }

    /** The next version of a table, with so many endpoints out. */
    StoredRun table(String policy, int out, int n, double micros) {
        return fork(
                "zerohop.TableRebuild.rebuild", policy(policy) + ", \"out\": \"%d\"".formatted(out), n, 1, micros, "");
    }

    private static String policy(String policy) {
        return policy.isEmpty() ? "" : ", \"policy\": \"%s\"".formatted(policy);
    }

    private StoredRun fork(String benchmark, String parameters, int n, int threads, double wall, String cpu) {
        forks.add(String.format(Locale.ROOT, """
                        {"benchmark": "dev.zerohop.benchmarks.%s", "threads": %d, "params": {"n": "%d"%s},
                         "primaryMetric": {"rawData": [[%s]], "scorePercentiles": {"50.0": %s}},
                         "secondaryMetrics": {"gc.alloc.rate.norm": {"score": 0.01}%s}}""", benchmark, threads, n, parameters, wall, wall, cpu));
        return this;
    }

    /** Another file of the run. */
    StoredRun file(String name, String json) {
        files.put(name, json);
        return this;
    }

    StoredRun environment(String date) {
        return file("environment.json", """
                {"command": "benchmarks/run", "commit": "abc", "date": "%s", "jdk": "25.0.1", "jdkMajor": 25, "cpu": "Z80", "cores": 2}""".formatted(date));
    }

    Results in(Path directory) throws IOException {
        write(directory);
        return Results.of(directory);
    }

    void write(Path directory) throws IOException {
        Files.createDirectories(directory.resolve("jmh"));
        Files.writeString(directory.resolve("jmh/1-library.json"), forks.toString());
        for (Map.Entry<String, String> file : files.entrySet()) {
            Files.writeString(directory.resolve(file.getKey()), file.getValue());
        }
    }

    /** The run as one file, as docs/performance has it. */
    void bundle(Path file) throws IOException {
        Files.writeString(file, "{\"1-library.json\": %s}".formatted(forks));
    }
}
