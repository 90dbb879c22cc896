package dev.zerohop.benchmarks.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.zerohop.benchmarks.report.History.Run;
import dev.zerohop.benchmarks.report.Results.Value;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Prints the Markdown report of a run, of the parts that it measured: their tables, each goal with its ratio and whether it is met, and what changed since
 * the last run of this machine. Draws the plots into the run's directory. Arguments: that directory, and that of the earlier runs' figures if this
 * run is to be compared with them and stored there.
 */
public final class Report {
    static final String OURS = "zerohop";

    private final Results results;
    private final StringBuilder text = new StringBuilder();
    private final List<String> goals = new ArrayList<>();

    Report(Results results) {
        this.results = results;
    }

    public static void main(String[] arguments) throws IOException {
        Path directory = Path.of(arguments[0]);
        Report report = new Report(Results.of(directory));
        try {
            report.print();
            report.plots(directory);
            if (arguments.length > 1) {
                report.compare(new History(Path.of(arguments[1])));
            }
        } finally {
            // Whatever fails then, what was measured is shown.
            new PrintStream(System.out, true, StandardCharsets.UTF_8).print(report.markdown());
        }
    }

    /** All that was written so far. */
    String markdown() {
        return Tables.padded(text.toString());
    }

    void print() throws IOException {
        results.file("environment.json")
                .ifPresent(environment -> line(
                        "`%s` at commit %s, %s, JDK %s, %s, %d cores.",
                        environment.get("command").asText(),
                        environment.get("commit").asText(),
                        environment.get("date").asText(),
                        environment.get("jdk").asText(),
                        environment.path("cpu").asText("unknown processor"),
                        environment.get("cores").asInt()));
        PickReport picks = new PickReport(this, results);
        picks.write();
        new KeyReport(this, results).write();
        new UpdateReport(this, results).write();
        new LargeReport(this, results).write();
        coldStarts();
        new StartUpReport(this, results).write();
        EndToEndReport endToEnd = new EndToEndReport(this);
        results.file("endtoend.json").ifPresent(endToEnd::calls);
        results.file("policy-call.json").ifPresent(endToEnd::policyCalls);
        results.file("answers.json").ifPresent(endToEnd::answers);
        results.file("metered.json").ifPresent(new MeteredReport(this)::write);
        results.file("fairness.json").ifPresent(this::fairness);
        results.file("etcd.json").ifPresent(this::etcd);
        picks.goals();
        if (!goals.isEmpty()) {
            line("%n## Goals%n%n| goal | ratio, or value | wanted | met |%n|---|---:|---:|---|");
            goals.forEach(goal -> line("%s", goal));
        }
    }

    private void plots(Path directory) throws IOException {
        Path folder = directory.resolve("plots");
        List<String> names = Plots.write(results, folder);
        if (!names.isEmpty()) {
            line("%n## Plots%n");
            names.forEach(name -> line("- [%s](plots/%s)", name, name));
        }
    }

    void compare(History history) throws IOException {
        Map<String, Figures.Figure> figures = Figures.of(results);
        Optional<JsonNode> environment = results.file("environment.json");
        if (figures.isEmpty() || environment.isEmpty()) {
            return;
        }
        Run now = Run.of(environment.get(), figures);
        line(
                "%s",
                history.before(now)
                        .map(before -> new Comparison(before, now).markdown())
                        .orElse(
                                "%n## Compared with the last run%n%nNo earlier run on %s that measured some of this is stored in %s."
                                        .formatted(now.machine(), history)));
        history.store(now);
    }

    // ---- gRPC cold start ----

    private void coldStarts() {
        StringBuilder rows = new StringBuilder();
        for (int n : new int[] {1_000, 10_000}) {
            for (String policy : List.of(OURS, "round_robin", "weighted_round_robin", "least_request")) {
                Optional<JsonNode> start = results.file("coldstart-%s-%d.json".formatted(policy, n));
                if (start.isPresent()) {
                    rows.append("| %s | %,d | %s | %d |%n"
                            .formatted(
                                    policy,
                                    n,
                                    number(start.get().get("millis").asDouble()),
                                    start.get().get("pickers").asInt()));
                }
            }
        }
        if (rows.isEmpty()) {
            return;
        }
        line(
                "%n## gRPC cold start%n%nFrom the first list to the picker that has them all; connections open at once.%n");
        line(
                "| policy | N | ms | pickers |%n|---|---:|---:|---:|%n%s",
                rows.toString().stripTrailing());
        Optional<JsonNode> ours = results.file("coldstart-zerohop-10000.json");
        for (String peer : List.of("round_robin", "weighted_round_robin")) {
            Optional<JsonNode> theirs = results.file("coldstart-%s-10000.json".formatted(peer));
            if (ours.isPresent() && theirs.isPresent()) {
                double ratio = ours.get().get("millis").asDouble()
                        / theirs.get().get("millis").asDouble();
                goal("Cold start of 10,000 to grpc " + peer, ratio(ratio, 0.05), "≤ 0.05", ratio <= 0.05);
            }
        }
        Optional<JsonNode> fewer = results.file("coldstart-zerohop-1000.json");
        if (ours.isPresent() && fewer.isPresent()) {
            int many = ours.get().get("pickers").asInt();
            goals.add("| Cold start: pickers at N=1,000 and 10,000 | %d and %d | does not grow with N | see table |"
                    .formatted(fewer.get().get("pickers").asInt(), many));
        }
    }

    // ---- etcd ----

    private void etcd(JsonNode measured) {
        JsonNode change = measured.get("changeMillis");
        List<Double> starts = EndToEndReport.values(measured.get("startMillis"));
        List<Double> agreements = EndToEndReport.values(measured.get("agreementMillis"));
        int endpoints = measured.get("endpoints").asInt();
        double p99 = change.get("p99").asDouble();
        line("%n## etcd%n%nA real etcd of one member on loopback, fsync included.%n%n| | ms |%n|---|---:|");
        line(
                "| a weight is written, to the end of the first gRPC call that obeys it: p50 of %,d | %.2f |",
                change.get("n").asInt(), change.get("p50").asDouble());
        line("| p99 | %.2f |", p99);
        line("| longest | %.2f |", change.get("max").asDouble());
        line("| client start to first pick, %,d endpoints, first in the process | %,.0f |", endpoints, starts.get(0));
        line("| median of the later ones | %,.0f |", Statistics.median(starts.subList(1, starts.size())));
        line(
                "| etcd answers after a restart, to the agreement of %d clients on a change: median of %d | %,.0f |",
                measured.get("clients").asInt(), agreements.size(), Statistics.median(agreements));
        line("| longest | %,.0f |", agreements.stream().max(Double::compare).orElseThrow());
        line(
                "%nHeap per endpoint, of client and balancer together: %,d bytes.",
                measured.get("bytesPerEndpoint").asLong());
        goals.add("| etcd: weight written to first call, p99 | %.1f ms | < 50 ms | %s |"
                .formatted(p99, p99 < 50 ? "yes" : "**no**"));
    }

    // ---- fairness ----

    private void fairness(JsonNode rows) {
        line("%n## Fairness of weighted_round_robin, one thread%n");
        line(
                "Over all prefixes of the picks: the largest distance of an endpoint from its exact share, in picks, and the");
        line("largest share of the bound 1 + 0.5 log2(k), which is guaranteed to 100 endpoints and weights to 100.%n");
        line(
                "| endpoints | weights up to | picks | largest distance | share of the bound |%n|---:|---:|---:|---:|---:|");
        double worst = 0;
        for (JsonNode row : rows) {
            double share = row.get("maxShareOfBound").asDouble();
            if (row.get("endpoints").asInt() <= 100 && row.get("maxWeight").asInt() <= 100) {
                worst = Math.max(worst, share);
            }
            line(
                    "| %,d | %,d | %,d | %.2f | %.2f |",
                    row.get("endpoints").asInt(),
                    row.get("maxWeight").asInt(),
                    row.get("picks").asInt(),
                    row.get("maxError").asDouble(),
                    share);
        }
        goal("Fairness within the guaranteed range: share of the bound", number(worst), "≤ 1", worst <= 1);
    }

    // ---- form ----

    void goal(String what, String ratio, String wanted, boolean met) {
        goals.add("| %s | %s | %s | %s |".formatted(what, ratio, wanted, met ? "yes" : "**no**"));
    }

    /** A figure beside the goals that is neither met nor missed. */
    void shown(String what, String value, String wanted) {
        goals.add("| %s | %s | %s | - |".formatted(what, value, wanted));
    }

    static String threads(int threads) {
        return threads == 1 ? "1 thread" : threads + " threads";
    }

    /** A ratio; with one digit more where two would look just like the goal. */
    static String ratio(double ratio, double wanted) {
        String text = number(ratio);
        return text.equals(number(wanted)) ? String.format(Locale.ROOT, "%.3f", ratio) : text;
    }

    static String cell(Value value) {
        return number(value.value()) + (value.doubtful() ? "*" : "");
    }

    static String number(double value) {
        return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%,.0f", value);
    }

    void line(String format, Object... arguments) {
        text.append(String.format(Locale.ROOT, format, arguments)).append('\n');
    }
}
