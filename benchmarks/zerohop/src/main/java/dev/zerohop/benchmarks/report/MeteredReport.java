package dev.zerohop.benchmarks.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What metrics add to an attempt, beside one record of a timer with the same buckets. */
final class MeteredReport {
    private static final double WANTED = 1.3;

    private static final Map<String, String> ROWS = Map.of(
            "none", "an attempt without any listener",
            "clock", "with one that does nothing, for which the clock is read twice",
            "recent", "with the counts of the last minute alone",
            "micrometer", "with the metrics",
            "endpoints", "with those of single endpoints too",
            "record", "one record of a timer, alone");

    private final Report report;

    MeteredReport(Report report) {
        this.report = report;
    }

    /** Of the medians of all iterations of all rounds: on a busy machine a mean is that of its worst one. */
    void write(JsonNode results) {
        Map<String, Double> nanos = new TreeMap<>();
        Map<String, Double> bytes = new TreeMap<>();
        for (JsonNode result : results) {
            String row = result.path("params").path("listener").asText("record");
            JsonNode metrics = result.get("secondaryMetrics");
            List<Double> all = new ArrayList<>();
            metrics.get("cpu").get("rawData").forEach(fork -> all.addAll(EndToEndReport.values(fork)));
            nanos.put(row, Statistics.median(all));
            bytes.put(row, metrics.get("gc.alloc.rate.norm").get("score").asDouble());
        }
        report.line("%n## Attempts with metrics%n%nThe caller's CPU time, nanoseconds: medians.%n");
        report.line("| | ns | B/op |%n|---|---:|---:|");
        for (String row : List.of("none", "clock", "recent", "micrometer", "endpoints", "record")) {
            if (nanos.containsKey(row)) {
                report.line("| %s | %s | %,.0f |", ROWS.get(row), Report.number(nanos.get(row)), bytes.get(row));
            }
        }
        if (nanos.keySet().containsAll(List.of("clock", "micrometer", "record"))) {
            double ratio = (nanos.get("micrometer") - nanos.get("clock")) / nanos.get("record");
            report.goal(
                    "What metrics add to an attempt with a listener, to one record of a timer",
                    Report.ratio(ratio, WANTED),
                    "≤ 1.3",
                    ratio <= WANTED);
        }
    }
}
