package dev.zerohop.benchmarks.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Real calls on loopback, beside those that do without zerohop. */
final class EndToEndReport {
    private static final String GRPC = "grpc round_robin";
    private static final String AGAIN = "grpc round_robin again";
    private static final String HTTP = "http fixed server";

    private final Report report;

    EndToEndReport(Report report) {
        this.report = report;
    }

    void calls(JsonNode measured) {
        JsonNode arms = measured.get("callsPerSecond");
        report.line(
                "%n## End to end on loopback%n%nMedians of the rounds: calls per second, and its ratio to grpc-java's round_robin or plain OkHttp, round by round; processor time and bytes of the client for each call; latencies at half of round_robin's rate. Proxy: %s.%n",
                measured.get("proxy").asText());
        report.line(
                "| | calls/s | ratio | CPU, µs | bytes | p50, µs | p99, µs | p99.9, µs |%n|---|---:|---:|---:|---:|---:|---:|---:|");
        arms.fieldNames()
                .forEachRemaining(name -> report.line(
                        "| %s | %,.0f | %.3f | %s | %s | %s | %s | %s |",
                        name,
                        Statistics.median(values(arms.get(name))),
                        ratio(arms, name, name.startsWith("grpc") ? GRPC : HTTP).value(),
                        median(measured, "cpuNanosPerCall", name, 1_000),
                        median(measured, "bytesPerCall", name, 1),
                        median(measured, "p50Nanos", name, 1_000),
                        median(measured, "p99Nanos", name, 1_000),
                        median(measured, "p999Nanos", name, 1_000)));
        pairGoal(arms, "grpc zerohop", GRPC, 0.98);
        pairGoal(arms, "grpc zerohop", "grpc weighted_round_robin", 1);
        pairGoal(arms, "grpc zerohop least_request", "grpc least_request", 1);
        pairGoal(arms, "http zerohop", HTTP, 1);
        if (arms.has(AGAIN)) {
            report.shown("Calls/s: round_robin to itself", interval(ratio(arms, AGAIN, GRPC)), "1 if nothing disturbs");
        }
        for (String transport : List.of("grpc", "http")) {
            if (arms.has(transport + " proxy")) {
                Statistics.Median ratio = ratio(arms, transport + " zerohop", transport + " proxy");
                report.shown("Calls/s: %s zerohop to the proxy hop".formatted(transport), interval(ratio), "reported");
            }
        }
    }

    private static String median(JsonNode measured, String figure, String arm, double unit) {
        JsonNode values = measured.path(figure).path(arm);
        return values.isEmpty() ? "-" : Report.number(Statistics.median(values(values)) / unit);
    }

    /** JMH's results of what a policy adds to a call. */
    void policyCalls(JsonNode results) {
        report.line(
                "%n## What a policy adds to a gRPC call%n%nA pick and what its stream tracer hears of a unary call that goes well, without the channel: ns, and bytes.%n");
        report.line("| policy | ns | B/op |%n|---|---:|---:|");
        for (JsonNode result : results) {
            report.line(
                    "| %s | %s | %,.0f |",
                    result.get("params").get("policy").asText(),
                    Report.number(result.get("primaryMetric").get("score").asDouble()),
                    result.get("secondaryMetrics")
                            .get("gc.alloc.rate.norm")
                            .get("score")
                            .asDouble());
        }
    }

    /** Met when the median ratio reaches the figure. */
    private void pairGoal(JsonNode arms, String ours, String theirs, double wanted) {
        if (!arms.has(ours) || !arms.has(theirs)) {
            return;
        }
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
