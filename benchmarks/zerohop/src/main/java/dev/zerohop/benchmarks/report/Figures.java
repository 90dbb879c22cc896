package dev.zerohop.benchmarks.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.zerohop.benchmarks.report.Results.Key;
import dev.zerohop.benchmarks.report.Results.Value;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What a run comes to, figure by figure as its tables show them, to be compared with another run. */
final class Figures {
    private Figures() {}

    /**
     * One figure.
     *
     * @param more whether more is better
     */
    record Figure(double value, boolean more) {}

    /** By row; figures whose threads never ran side by side are left out. */
    static Map<String, Figure> of(Results results) {
        Map<String, Figure> figures = new TreeMap<>();
        for (Key key : results.keys()) {
            boolean micros = UpdateReport.KINDS.contains(key.kind()) || KeyReport.TABLES.contains(key.kind());
            boolean wall = micros || key.kind().equals(KeyReport.LOOK_UP);
            Optional<Value> value = wall ? results.wall(key) : results.cpuNanos(key);
            value.filter(found -> !found.doubtful())
                    .ifPresent(found -> figures.put(row(key, micros ? "µs" : "ns"), new Figure(found.value(), false)));
        }
        results.files("coldstart-.*")
                .values()
                .forEach(start -> figures.put(
                        "%s, cold start of %,d, ms"
                                .formatted(
                                        start.get("policy").asText(),
                                        start.get("n").asInt()),
                        new Figure(start.get("millis").asDouble(), false)));
        results.file("endtoend.json").ifPresent(measured -> endToEnd(measured.get("callsPerSecond"), figures));
        return figures;
    }

    private static String row(Key key, String unit) {
        return "%s %s, %s, N=%,d%s, %s"
                .formatted(
                        key.library(),
                        key.policy(),
                        key.kind(),
                        key.n(),
                        key.threads() == 1 ? "" : ", " + Report.threads(key.threads()),
                        unit);
    }

    private static void endToEnd(JsonNode arms, Map<String, Figure> figures) {
        arms.fieldNames()
                .forEachRemaining(arm -> figures.put(
                        arm + ", calls per second",
                        new Figure(Statistics.median(EndToEndReport.values(arms.get(arm))), true)));
    }
}
