package dev.zerohop.benchmarks.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** One balancer of very many endpoints: start, heap, pick, and how old what is published is while changes stream in. */
final class LargeReport {
    private static final double MIB = 1024 * 1024;
    private static final double START_MILLIS = 150;
    private static final double HEAP_MIB = 64;
    private static final double AGE_MILLIS = 100;

    private final Report report;
    private final Results results;

    LargeReport(Report report, Results results) {
        this.report = report;
        this.results = results;
    }

    void write() throws IOException {
        JsonNode policies = results.file("large.json").orElse(null);
        if (policies == null) {
            return;
        }
        report.line("%n## %,d endpoints%n", policies.get(0).get("n").asInt());
        report.line(
                "First set to first pick, of the process (median) and later in it; heap of balancer and endpoints together, and of the endpoints alone; a pick by one thread.%n");
        report.line(
                "| | first, ms | later, ms | heap, MiB | endpoints, MiB | pick, ns |%n|---|---:|---:|---:|---:|---:|");
        for (JsonNode policy : policies) {
            report.line(
                    "| %s | %s | %s | %s | %s | %s |",
                    name(policy),
                    Report.number(first(policy)),
                    number(policy, "laterMillis"),
                    Report.number(mib(policy, "bytes")),
                    Report.number(mib(policy, "endpointBytes")),
                    number(policy, "pickNanos"));
        }
        changes(policies, "sets", "Sets, each with one endpoint that moved");
        changes(policies, "verdicts", "Verdicts on single endpoints");
        goal(policies, "first set to first pick, ms", START_MILLIS, LargeReport::first);
        goal(policies, "heap, MiB", HEAP_MIB, policy -> mib(policy, "bytes"));
        for (String kind : List.of("sets", "verdicts")) {
            if (policies.get(0).has(kind)) {
                goal(
                        policies,
                        "oldest of the " + kind + " published, ms",
                        AGE_MILLIS,
                        policy -> policy.get(kind).get("maxMillis").asDouble());
            }
        }
    }

    private void changes(JsonNode policies, String kind, String title) {
        if (!policies.get(0).has(kind)) {
            return;
        }
        report.line(
                "%n%s: how old a change is when a published version shows it, or at the end if none did; the control thread's share of one core.%n",
                title);
        report.line(
                "| | changes/s | shown | versions/s | p50, ms | p99, ms | oldest, ms | control thread |%n|---|---:|---:|---:|---:|---:|---:|---:|");
        for (JsonNode policy : policies) {
            JsonNode stream = policy.get(kind);
            double seconds =
                    stream.get("changes").asDouble() / stream.get("perSecond").asDouble();
            report.line(
                    "| %s | %s | %.0f %% | %s | %s | %s | %s | %.0f %% |",
                    name(policy),
                    number(stream, "perSecond"),
                    100 * stream.get("shown").asDouble() / stream.get("changes").asDouble(),
                    Report.number(stream.get("versions").asDouble() / seconds),
                    number(stream, "p50Millis"),
                    number(stream, "p99Millis"),
                    number(stream, "maxMillis"),
                    100 * stream.get("controlCpu").asDouble());
        }
    }

    /** Met if every policy meets it; the worst stands for all. */
    private void goal(JsonNode policies, String what, double most, ToDoubleFunction<JsonNode> value) {
        JsonNode worst = policies.get(0);
        for (JsonNode policy : policies) {
            if (value.applyAsDouble(policy) > value.applyAsDouble(worst)) {
                worst = policy;
            }
        }
        double highest = value.applyAsDouble(worst);
        report.goal(
                "%,d endpoints, any policy: %s".formatted(worst.get("n").asInt(), what),
                "%s (%s)".formatted(Report.number(highest), name(worst)),
                String.format(Locale.ROOT, "≤ %.0f", most),
                highest <= most);
    }

    private static double first(JsonNode policy) {
        List<Double> values = new ArrayList<>();
        policy.get("firstMillis").forEach(value -> values.add(value.asDouble()));
        return Statistics.median(values);
    }

    private static String name(JsonNode policy) {
        return policy.get("policy").asText();
    }

    private static double mib(JsonNode policy, String field) {
        return policy.get(field).asDouble() / MIB;
    }

    private static String number(JsonNode of, String field) {
        return Report.number(of.get(field).asDouble());
    }
}
