package dev.zerohop.benchmarks.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The raw files of one run, and what each measurement comes to. */
final class Results {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Below this share of the time on a CPU, an iteration's threads did not really run side by side. */
    private static final double PARALLEL = 0.9;

    /** The files of JMH begin with their round. */
    private static final String JMH_FILE = "\\d+-.*";

    private final Map<String, JsonNode> files = new TreeMap<>();
    private final Map<Key, List<JsonNode>> forks = new TreeMap<>();

    /**
     * One measurement.
     *
     * @param kind the benchmark's class: Pick, PickByKey, Acquire or Update; for PickInOutage and TableRebuild also how many endpoints are out, for Update whether objects are the same
     * @param library whose code it is
     * @param policy the policy, or the benchmark's method where there is none
     */
    record Key(String kind, String library, String policy, int n, int threads) implements Comparable<Key> {
        @Override
        public int compareTo(Key other) {
            return toString().compareTo(other.toString());
        }
    }

    /** A result, and whether it is to be taken with care: no iteration had its threads run in parallel. */
    record Value(double value, boolean doubtful) {}

    /** The directory of a run, or stored runs: each an object of the files' names and contents, where a file takes the place of one of that name in a run before. */
    static Results of(Path... sources) throws IOException {
        Results results = new Results();
        for (Path source : sources) {
            if (Files.isDirectory(source)) {
                results.readDirectory(source);
                results.readDirectory(source.resolve("jmh"));
            } else {
                JSON.readTree(source.toFile())
                        .fields()
                        .forEachRemaining(file -> results.files.put(file.getKey(), file.getValue()));
            }
        }
        results.files(JMH_FILE).values().forEach(results::addJmh);
        return results;
    }

    private void readDirectory(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            try (DirectoryStream<Path> found = Files.newDirectoryStream(directory, "*.json")) {
                for (Path file : found) {
                    files.put(file.getFileName().toString(), JSON.readTree(file.toFile()));
                }
            }
        }
    }

    private void addJmh(JsonNode file) {
        file.forEach(result ->
                forks.computeIfAbsent(key(result), key -> new ArrayList<>()).add(result));
    }

    private static Key key(JsonNode result) {
        String[] name = result.get("benchmark").asText().split("\\.");
        JsonNode parameters = result.get("params");
        String policy = parameters.has("policy") ? parameters.get("policy").asText() : name[name.length - 1];
        String kind = name[name.length - 2];
        if (parameters.has("out")) {
            kind += " " + parameters.get("out").asText();
        }
        if (parameters.path("objects").asText().equals("same")) {
            kind += " same";
        }
        return new Key(
                kind,
                name[name.length - 3],
                policy,
                parameters.get("n").asInt(),
                result.get("threads").asInt());
    }

    /** A file of the run, if that part was measured. */
    Optional<JsonNode> file(String name) {
        return Optional.ofNullable(files.get(name));
    }

    /** The files whose whole names match, by name. */
    Map<String, JsonNode> files(String expression) {
        Map<String, JsonNode> found = new TreeMap<>(files);
        found.keySet().removeIf(name -> !name.matches(expression));
        return found;
    }

    List<Key> keys() {
        return List.copyOf(forks.keySet());
    }

    /** Worker CPU time per operation: with one thread the lowest of the forks' means, with more the median of the iterations that ran in parallel. */
    Optional<Value> cpuNanos(Key key) {
        List<Double> means = new ArrayList<>();
        List<Double> parallel = new ArrayList<>();
        List<Double> all = new ArrayList<>();
        for (JsonNode fork : forks.getOrDefault(key, List.of())) {
            if (!fork.get("secondaryMetrics").has("cpu")) {
                continue;
            }
            List<Double> cpu = raw(fork.get("secondaryMetrics").get("cpu"));
            List<Double> wall = raw(fork.get("primaryMetric"));
            means.add(mean(cpu));
            all.addAll(cpu);
            for (int i = 0; i < cpu.size(); i++) {
                if (cpu.get(i) >= PARALLEL * wall.get(i)) {
                    parallel.add(cpu.get(i));
                }
            }
        }
        if (means.isEmpty()) {
            return Optional.empty();
        }
        if (key.threads() == 1) {
            return Optional.of(new Value(Collections.min(means), false));
        }
        return Optional.of(new Value(Statistics.median(parallel.isEmpty() ? all : parallel), parallel.isEmpty()));
    }

    /** The median of the single operations' wall times in the benchmark's unit: the median of the forks'. */
    Optional<Value> wall(Key key) {
        List<Double> medians = new ArrayList<>();
        for (JsonNode fork : forks.getOrDefault(key, List.of())) {
            medians.add(fork.get("primaryMetric")
                    .get("scorePercentiles")
                    .get("50.0")
                    .asDouble());
        }
        return medians.isEmpty() ? Optional.empty() : Optional.of(new Value(Statistics.median(medians), false));
    }

    /** Bytes allocated per operation, the lowest of the forks; under half a byte is the harness's own. */
    Optional<Long> bytes(Key key) {
        return forks.getOrDefault(key, List.of()).stream()
                .map(fork -> fork.get("secondaryMetrics").get("gc.alloc.rate.norm"))
                .map(metric -> Math.round(metric.get("score").asDouble()))
                .min(Long::compare);
    }

    private static List<Double> raw(JsonNode metric) {
        List<Double> values = new ArrayList<>();
        for (JsonNode fork : metric.get("rawData")) {
            for (JsonNode iteration : fork) {
                values.add(iteration.asDouble());
            }
        }
        return values;
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    }
}
