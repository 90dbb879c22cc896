package dev.zerohop.benchmarks.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Real calls on loopback, beside those that do without zerohop. */
final class EndToEndReport {
    private final Report report;

    EndToEndReport(Report report) {
        this.report = report;
    }

    void calls(JsonNode measured) {
        JsonNode arms = measured.get("callsPerSecond");
        report.line(
                "%n## End to end on loopback%n%nCalls per second; proxy: %s.%n",
                measured.get("proxy").asText());
        report.line("| | median | lowest | highest |%n|---|---:|---:|---:|");
        arms.fieldNames().forEachRemaining(name -> {
            List<Double> values = values(arms.get(name));
            double low = values.stream().min(Double::compare).orElseThrow();
            double high = values.stream().max(Double::compare).orElseThrow();
            report.line("| %s | %,.0f | %,.0f | %,.0f |", name, Statistics.median(values), low, high);
        });
        pairGoal(arms, "grpc zerohop", "grpc round_robin", 0.98);
        pairGoal(arms, "http zerohop", "http fixed server", 0.95);
        for (String transport : List.of("grpc", "http")) {
            if (arms.has(transport + " proxy")) {
                Statistics.Median ratio = ratio(arms, transport + " zerohop", transport + " proxy");
                report.shown("Calls/s: %s zerohop to the proxy hop".formatted(transport), interval(ratio), "reported");
            }
        }
    }

    /** Met when the median ratio reaches the figure. */
    private void pairGoal(JsonNode arms, String ours, String theirs, double wanted) {
        Statistics.Median ratio = ratio(arms, ours, theirs);
        report.goal(
                "Calls/s: %s to %s".formatted(ours, theirs), interval(ratio), "≥ " + wanted, ratio.value() >= wanted);
    }

    static Statistics.Median ratio(JsonNode arms, String ours, String theirs) {
        List<Double> first = values(arms.get(ours));
        List<Double> second = values(arms.get(theirs));
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < first.size(); i++) {
            ratios.add(first.get(i) / second.get(i));
        }
        return Statistics.interval(ratios);
    }

    private static String interval(Statistics.Median ratio) {
        return String.format(
                Locale.ROOT,
                "%.3f (%.3f to %.3f, %.0f %%)",
                ratio.value(),
                ratio.low(),
                ratio.high(),
                100 * ratio.confidence());
    }

    /** JMH's results of single calls over OkHttp. */
    void answers(JsonNode results) {
        report.line(
                "%n## Answers over OkHttp%n%nThe caller's CPU time, microseconds, and bytes allocated in the process for each call.%n");
        report.line("| client | answer | µs | B/op |%n|---|---|---:|---:|");
        for (JsonNode result : results) {
            JsonNode metrics = result.get("secondaryMetrics");
            report.line(
                    "| %s | %s | %s | %,.0f |",
                    result.get("params").get("client").asText(),
                    result.get("params").get("answer").asText(),
                    Report.number(metrics.get("cpu").get("score").asDouble() / 1_000),
                    metrics.get("gc.alloc.rate.norm").get("score").asDouble());
        }
    }

    static List<Double> values(JsonNode array) {
        List<Double> values = new ArrayList<>();
        array.forEach(value -> values.add(value.asDouble()));
        return values;
    }
}
