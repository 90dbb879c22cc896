package dev.zerohop.benchmarks.report;

import com.fasterxml.jackson.databind.JsonNode;
import dev.zerohop.benchmarks.report.Results.Key;
import dev.zerohop.benchmarks.report.Results.Value;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Prints the Markdown report of a run: every table, and each goal with its ratio and whether it is met. Argument: the run's directory. */
public final class Report {
    private static final List<int[]> COLUMNS =
            List.of(new int[] {10, 1}, new int[] {1_000, 1}, new int[] {10_000, 1}, new int[] {100, 2});
    static final String OURS = "zerohop";

    private final Results results;
    private final List<String> goals = new ArrayList<>();

    private Report(Results results) {
        this.results = results;
    }

    public static void main(String[] arguments) throws IOException {
        new Report(new Results(Path.of(arguments[0]))).print();
    }

    private void print() throws IOException {
        results.file("environment.json")
                .ifPresent(environment -> line(
                        "`%s` at commit %s, %s, JDK %s, %d cores.",
                        environment.get("command").asText(),
                        environment.get("commit").asText(),
                        environment.get("date").asText(),
                        environment.get("jdk").asText(),
                        environment.get("cores").asInt()));
        operations("Pick", "Picks");
        operations("PickByKey", "Picks by key");
        operations("Acquire", "Acquire and complete");
        outage();
        new UpdateReport(this, results).write();
        new LargeReport(this, results).write();
        coldStarts();
        new StartUpReport(this, results).write();
        results.file("endtoend.json").ifPresent(this::endToEnd);
        results.file("fairness.json").ifPresent(this::fairness);
        results.file("etcd.json").ifPresent(this::etcd);
        pickGoals();
        line("%n## Goals%n%n| goal | ratio, or value | wanted | met |%n|---|---:|---:|---|");
        goals.forEach(goal -> line("%s", goal));
    }

    // ---- picks and leases ----

    private void operations(String kind, String title) {
        Set<List<String>> rows = new LinkedHashSet<>();
        for (Key key : results.keys()) {
            if (key.kind().equals(kind)) {
                rows.add(List.of(key.library(), key.policy()));
            }
        }
        if (rows.isEmpty()) {
            return;
        }
        line("%n## %s%n%nWorker CPU ns per operation; `*` = the threads never really ran in parallel.%n", title);
        line("| | N=10 | N=1,000 | N=10,000 | N=100, 2 threads | B/op |%n|---|---:|---:|---:|---:|---:|");
        for (List<String> row : rows) {
            StringBuilder cells = new StringBuilder();
            long bytes = 0;
            for (int[] column : COLUMNS) {
                Key key = new Key(kind, row.get(0), row.get(1), column[0], column[1]);
                cells.append(" | ")
                        .append(results.cpuNanos(key).map(Report::cell).orElse("-"));
                bytes = Math.max(bytes, results.bytes(key).orElse(0L));
            }
            line("| %s %s%s | %d |", row.get(0), row.get(1), cells, bytes);
        }
    }

    private void pickGoals() {
        for (String policy : List.of("round_robin", "random")) {
            compare("Pick", policy, 0.5, 1, "Pick", List.of("grpc round_robin", "armeria round_robin"));
            compare("Pick", policy, 0.1, 2, "Pick", List.of("grpc round_robin", "armeria round_robin"));
        }
        for (String policy : List.of("weighted_round_robin", "weighted_random")) {
            for (int threads : new int[] {1, 2}) {
                compare("Pick", policy, 0.4, threads, "Pick", List.of("armeria weighted_round_robin"));
                compare("Pick", policy, 0.25, threads, "Pick", List.of("grpc weighted_round_robin"));
            }
        }
        for (int threads : new int[] {1, 2}) {
            compare("Pick", "least_request", 0.6, threads, "Pick", List.of("grpc least_request"));
            compare("Acquire", "least_request", 0.3, threads, "Acquire", List.of("finagle least_request"));
            compare("Acquire", "peak_ewma", 0.2, threads, "Acquire", List.of("finagle peak_ewma"));
        }
        for (Key key : results.keys()) {
            if (key.library().equals(OURS)
                    && key.n() == 10_000
                    && !UpdateReport.KINDS.contains(key.kind())
                    && !key.kind().startsWith("PickInOutage")) {
                Key small = new Key(key.kind(), OURS, key.policy(), 10, key.threads());
                long bytes = results.bytes(key).orElse(0L);
                String wanted = key.kind().equals("Acquire") ? "one small object" : "0 B";
                boolean met = bytes <= (key.kind().equals("Acquire") ? 32 : 0);
                goal("%s %s: allocation".formatted(key.kind(), key.policy()), bytes + " B", wanted, met);
                if (key.kind().equals("Pick")) {
                    goals.add("| Pick %s: N=10,000 to N=10 | %s | flat | see table |"
                            .formatted(
                                    key.policy(),
                                    number(results.cpuNanos(key).orElseThrow().value()
                                            / results.cpuNanos(small)
                                                    .orElseThrow()
                                                    .value())));
                }
            }
        }
    }

    /** Ours against the fastest of the peers at every N of so many threads; met if the worst ratio is. */
    private void compare(String kind, String policy, double wanted, int threads, String peerKind, List<String> peers) {
        List<String> ratios = new ArrayList<>();
        double worst = 0;
        for (int[] column : COLUMNS) {
            if (column[1] != threads) {
                continue;
            }
            Optional<Value> ours = results.cpuNanos(new Key(kind, OURS, policy, column[0], threads));
            Optional<Double> theirs = peers.stream()
                    .map(peer -> peer.split(" "))
                    .flatMap(peer -> results.cpuNanos(new Key(peerKind, peer[0], peer[1], column[0], threads)).stream())
                    .map(Value::value)
                    .min(Double::compare);
            if (ours.isEmpty() || theirs.isEmpty()) {
                return;
            }
            double ratio = ours.get().value() / theirs.get();
            worst = Math.max(worst, ratio);
            ratios.add(number(ratio));
        }
        goal(
                "%s %s to %s, %s".formatted(kind, policy, String.join(" or ", peers), threads(threads)),
                String.join(" / ", ratios),
                "≤ " + wanted,
                worst <= wanted);
    }

    // ---- picks in an outage ----

    private void outage() {
        Set<String> policies = new LinkedHashSet<>();
        Set<Integer> sizes = new TreeSet<>();
        for (Key key : results.keys()) {
            if (key.kind().equals("PickInOutage none")) {
                policies.add(key.policy());
                sizes.add(key.n());
            }
        }
        if (policies.isEmpty()) {
            return;
        }
        line("%n## Picks in an outage%n");
        line(
                "Worker CPU ns of a pick while all endpoints are well, and how many times that while every other one, or every one, is half open and its");
        line("probe call hangs.%n");
        line("| | N | all well | every other half open | all half open |%n|---|---:|---:|---:|---:|");
        for (String policy : policies) {
            double worst = 0;
            for (int n : sizes) {
                double well = outage("none", policy, n);
                double half = outage("half", policy, n) / well;
                double all = outage("all", policy, n) / well;
                worst = Math.max(worst, Math.max(half, all));
                line("| %s | %,d | %s | %s | %s |", policy, n, number(well), number(half), number(all));
            }
            goal("Pick %s in an outage to a healthy one, at any N".formatted(policy), number(worst), "≤ 4", worst <= 4);
        }
    }

    private double outage(String out, String policy, int n) {
        return results.cpuNanos(new Key("PickInOutage " + out, OURS, policy, n, 1))
                .orElseThrow()
                .value();
    }

    // ---- gRPC cold start ----

    private void coldStarts() throws IOException {
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
                goal("Cold start of 10,000 to grpc " + peer, number(ratio), "≤ 0.05", ratio <= 0.05);
            }
        }
        Optional<JsonNode> fewer = results.file("coldstart-zerohop-1000.json");
        if (ours.isPresent() && fewer.isPresent()) {
            int many = ours.get().get("pickers").asInt();
            goals.add("| Cold start: pickers at N=1,000 and 10,000 | %d and %d | does not grow with N | see table |"
                    .formatted(fewer.get().get("pickers").asInt(), many));
        }
    }

    // ---- end to end ----

    private void endToEnd(JsonNode measured) {
        JsonNode arms = measured.get("callsPerSecond");
        line(
                "%n## End to end on loopback%n%nCalls per second; proxy: %s.%n",
                measured.get("proxy").asText());
        line("| | median | lowest | highest |%n|---|---:|---:|---:|");
        arms.fieldNames().forEachRemaining(name -> {
            List<Double> values = values(arms.get(name));
            double low = values.stream().min(Double::compare).orElseThrow();
            double high = values.stream().max(Double::compare).orElseThrow();
            line("| %s | %,.0f | %,.0f | %,.0f |", name, Statistics.median(values), low, high);
        });
        pairGoal(arms, "grpc zerohop", "grpc round_robin", 0.98);
        pairGoal(arms, "http zerohop", "http fixed server", 0.95);
        for (String transport : List.of("grpc", "http")) {
            if (arms.has(transport + " proxy")) {
                Statistics.Median ratio = ratio(arms, transport + " zerohop", transport + " proxy");
                goals.add("| Calls/s: %s zerohop to the proxy hop | %s | reported | - |"
                        .formatted(transport, interval(ratio)));
            }
        }
    }

    private void etcd(JsonNode measured) {
        JsonNode change = measured.get("changeMillis");
        List<Double> starts = values(measured.get("startMillis"));
        List<Double> agreements = values(measured.get("agreementMillis"));
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

    /** Met when the interval of the median ratio reaches the figure. */
    private void pairGoal(JsonNode arms, String ours, String theirs, double wanted) {
        Statistics.Median ratio = ratio(arms, ours, theirs);
        goal("Calls/s: %s to %s".formatted(ours, theirs), interval(ratio), "≥ " + wanted, ratio.value() >= wanted);
    }

    private static Statistics.Median ratio(JsonNode arms, String ours, String theirs) {
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

    private static List<Double> values(JsonNode array) {
        List<Double> values = new ArrayList<>();
        array.forEach(value -> values.add(value.asDouble()));
        return values;
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

    private static String threads(int threads) {
        return threads == 1 ? "1 thread" : threads + " threads";
    }

    static String cell(Value value) {
        return number(value.value()) + (value.doubtful() ? "*" : "");
    }

    static String number(double value) {
        return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%,.0f", value);
    }

    static void line(String format, Object... arguments) {
        System.out.printf(Locale.ROOT, format + "%n", arguments);
    }
}
