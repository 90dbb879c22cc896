package dev.zerohop.benchmarks.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** From the start of a process to its first call, and what the process holds then, beside the bare client. */
final class StartUpReport {
    private static final double MIB = 1024 * 1024;
    private static final double MORE_MILLIS = 50;
    private static final double MORE_MIB = 10;

    /** How the names of our own threads begin. */
    private static final String OURS = "zerohop-";

    private final Report report;
    private final Results results;

    StartUpReport(Report report, Results results) {
        this.report = report;
        this.results = results;
    }

    void write() throws IOException {
        Optional<JsonNode> cases = results.file("startup.json");
        if (cases.isEmpty()) {
            return;
        }
        report.line("%n## Start-up and footprint%n");
        report.line(
                "From the start of a process to the end of its first call to each of its services, on loopback; then heap after collection, loaded classes and threads. Medians. Cached: the JVM has a cache of the classes (-XX:AOTCache).%n");
        report.line(
                "| | services | to the first calls, ms | heap, MiB | classes | threads | of zerohop |%n|---|---:|---:|---:|---:|---:|---:|");
        for (JsonNode one : cases.get()) {
            report.line(
                    "| %s %s | %d | %s (%s to %s) | %s | %,.0f | %.0f | %.0f |",
                    one.get("way").asText(),
                    (one.get("bare").asBoolean() ? "bare" : Report.OURS)
                            + (one.get("cached").asBoolean() ? ", cached" : ""),
                    one.get("services").asInt(),
                    Report.number(median(one, "millis")),
                    Report.number(
                            values(one, "millis").stream().min(Double::compare).orElseThrow()),
                    Report.number(
                            values(one, "millis").stream().max(Double::compare).orElseThrow()),
                    Report.number(median(one, "heapBytes") / MIB),
                    median(one, "classes"),
                    threads(one, ""),
                    threads(one, OURS));
        }
        for (JsonNode one : cases.get()) {
            if (!one.get("bare").asBoolean()) {
                goals(cases.get(), one);
            }
        }
    }

    private void goals(JsonNode cases, JsonNode ours) {
        String way = ours.get("way").asText();
        int services = ours.get("services").asInt();
        boolean cached = ours.get("cached").asBoolean();
        JsonNode bare = find(cases, way, true, cached, services);
        double mib = (median(ours, "heapBytes") - median(bare, "heapBytes")) / MIB;
        if (services == 1) {
            // Without a transport the bare process does nothing at all.
            if (!way.equals("core")) {
                double millis = median(ours, "millis") - median(bare, "millis");
                report.goal(
                        "Start to first call, %s%s: ms more than bare".formatted(way, cached ? ", cached" : ""),
                        Report.number(millis),
                        "≤ 50",
                        millis <= MORE_MILLIS);
            }
            return;
        }
        report.goal(
                "%d services, %s: MiB of heap more than bare".formatted(services, way),
                Report.number(mib),
                "≤ 10",
                mib <= MORE_MIB);
        double threads = threads(ours, OURS);
        double one = threads(find(cases, way, false, false, 1), OURS);
        report.goal(
                "%d services, %s: threads of zerohop".formatted(services, way),
                "%.0f".formatted(threads),
                "≤ %.0f, as with one".formatted(one),
                threads <= one);
    }

    private static JsonNode find(JsonNode cases, String way, boolean bare, boolean cached, int services) {
        for (JsonNode one : cases) {
            if (one.get("way").asText().equals(way)
                    && one.get("bare").asBoolean() == bare
                    && one.get("cached").asBoolean() == cached
                    && one.get("services").asInt() == services) {
                return one;
            }
        }
        throw new IllegalStateException("no case " + way + ", " + services + " services");
    }

    private static double median(JsonNode one, String field) {
        return Statistics.median(values(one, field));
    }

    private static List<Double> values(JsonNode one, String field) {
        List<Double> values = new ArrayList<>();
        one.get("runs").forEach(run -> values.add(run.get(field).asDouble()));
        return values;
    }

    /** The median number of threads whose names begin so. */
    private static double threads(JsonNode one, String prefix) {
        List<Double> counts = new ArrayList<>();
        for (JsonNode run : one.get("runs")) {
            double count = 0;
            Iterator<Map.Entry<String, JsonNode>> names = run.get("threads").fields();
            while (names.hasNext()) {
                Map.Entry<String, JsonNode> name = names.next();
                if (name.getKey().startsWith(prefix)) {
                    count += name.getValue().asInt();
                }
            }
            counts.add(count);
        }
        return Statistics.median(counts);
    }
}
