package dev.zerohop.benchmarks.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.zerohop.benchmarks.report.Figures.Figure;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The figures of earlier runs, a file for each, in one directory. */
final class History {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path directory;

    /** Times of two runs may be compared only if all of this is the same. */
    record Machine(String cpu, int cores, int jdk) {
        @Override
        public String toString() {
            return "%s, %d cores, JDK %d".formatted(cpu, cores, jdk);
        }
    }

    /**
     * One run.
     *
     * @param date its beginning, in the form of ISO 8601, so that the order of the texts is that of the runs
     */
    record Run(Machine machine, String date, String commit, Map<String, Figure> figures) {
        static Run of(JsonNode environment, Map<String, Figure> figures) {
            Machine machine = new Machine(
                    environment.path("cpu").asText(),
                    environment.path("cores").asInt(),
                    environment.path("jdkMajor").asInt());
            return new Run(
                    machine,
                    environment.get("date").asText(),
                    environment.get("commit").asText(),
                    figures);
        }

        /** Whether that run came before this one on the same machine and measured some of the same. */
        private boolean follows(Run other) {
            return other.machine.equals(machine)
                    && other.date.compareTo(date) < 0
                    && !Collections.disjoint(other.figures.keySet(), figures.keySet());
        }
    }

    History(Path directory) {
        this.directory = directory;
    }

    void store(Run run) throws IOException {
        Files.createDirectories(directory);
        Path file = directory.resolve(run.date().replace(":", "") + ".json");
        JSON.writerWithDefaultPrettyPrinter().writeValue(file.toFile(), run);
    }

    /** The last run that this one can be compared with. */
    Optional<Run> before(Run run) throws IOException {
        return runs().stream().filter(run::follows).max(Comparator.comparing(Run::date));
    }

    private List<Run> runs() throws IOException {
        List<Run> runs = new ArrayList<>();
        if (Files.isDirectory(directory)) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*.json")) {
                for (Path file : files) {
                    runs.add(read(file));
                }
            }
        }
        return runs;
    }

    private static Run read(Path file) throws IOException {
        try {
            return JSON.readValue(file.toFile(), Run.class);
        } catch (JsonProcessingException unreadable) {
            throw new IOException(file + " is not the run that was stored there; remove it", unreadable);
        }
    }

    @Override
    public String toString() {
        return directory.toString();
    }
}
