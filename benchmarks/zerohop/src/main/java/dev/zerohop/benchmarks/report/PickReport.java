package dev.zerohop.benchmarks.report;

import dev.zerohop.benchmarks.report.Results.Key;
import dev.zerohop.benchmarks.report.Results.Value;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** What picks and leases cost, all well and in an outage. */
final class PickReport {
    private static final List<int[]> COLUMNS =
            List.of(new int[] {10, 1}, new int[] {1_000, 1}, new int[] {10_000, 1}, new int[] {100, 2});

    static final List<String> KINDS = List.of("Pick", "PickByKey", "Acquire");

    /** What the cost of a pick may grow by from 10 endpoints to 10,000 and still count as flat. */
    private static final double FLAT = 1.25;

    private final Report report;
    private final Results results;

    PickReport(Report report, Results results) {
        this.report = report;
        this.results = results;
    }

    void write() {
        operations("Pick", "Picks");
        operations("PickByKey", "Picks by key");
        operations("Acquire", "Acquire and complete");
        outage();
    }

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
        report.line("%n## %s%n%nWorker CPU ns per operation; `*` = the threads never really ran in parallel.%n", title);
        report.line("| | N=10 | N=1,000 | N=10,000 | N=100, 2 threads | B/op |%n|---|---:|---:|---:|---:|---:|");
        for (List<String> row : rows) {
            StringBuilder cells = new StringBuilder();
            long bytes = 0;
            for (int[] column : COLUMNS) {
                Key key = new Key(kind, row.get(0), row.get(1), column[0], column[1]);
                cells.append(" | ")
                        .append(results.cpuNanos(key).map(Report::cell).orElse("-"));
                bytes = Math.max(bytes, results.bytes(key).orElse(0L));
            }
            report.line("| %s %s%s | %d |", row.get(0), row.get(1), cells, bytes);
        }
    }

    void goals() {
        for (String policy : List.of("round_robin", "random")) {
            compare("Pick", policy, 1.4, 1, List.of("floor stripedCursor"));
            compare("Pick", policy, 1, 1, List.of("grpc round_robin", "armeria round_robin"));
            compare("Pick", policy, 0.15, 2, List.of("grpc round_robin", "armeria round_robin"));
        }
        for (String policy : List.of("weighted_round_robin", "weighted_random")) {
            for (int threads : new int[] {1, 2}) {
                compare("Pick", policy, 0.15, threads, List.of("grpc weighted_round_robin"));
                compare("Pick", policy, 0.25, threads, List.of("armeria weighted_round_robin"));
            }
        }
        for (int threads : new int[] {1, 2}) {
            compare("Pick", "least_request", 1.5, threads, List.of("floor p2cPadded"));
            compare("Pick", "least_request", 0.6, threads, List.of("grpc least_request"));
            compare("Acquire", "least_request", 0.3, threads, List.of("finagle least_request"));
            compare("Acquire", "peak_ewma", 0.2, threads, List.of("finagle peak_ewma"));
        }
        results.keys().stream()
                .filter(key -> KINDS.contains(key.kind()) && key.library().equals(Report.OURS) && key.n() == 10_000)
                .forEach(this::goals);
    }

    private void goals(Key key) {
        boolean lease = key.kind().equals("Acquire");
        long bytes = results.bytes(key).orElse(0L);
        report.goal(
                "%s %s: allocation".formatted(key.kind(), key.policy()),
                bytes + " B",
                lease ? "one small object" : "0 B",
                bytes <= (lease ? 32 : 0));
        Optional<Value> few = results.cpuNanos(new Key(key.kind(), key.library(), key.policy(), 10, key.threads()));
        if (key.kind().equals("Pick") && few.isPresent()) {
            double growth =
                    results.cpuNanos(key).orElseThrow().value() / few.get().value();
            flat("Pick %s: N=10,000 to N=10".formatted(key.policy()), key.policy(), growth);
        }
    }

    /** What these may grow by is the subject of no goal, so it is only shown. */
    private void flat(String what, String policy, double growth) {
        if (policy.equals("peak_ewma") || policy.equals("prequal")) {
            report.shown(what, Report.number(growth), "reported");
        } else {
            report.goal(what, Report.ratio(growth, FLAT), "flat: ≤ " + FLAT, growth <= FLAT);
        }
    }

    /** Ours against the fastest of the peers at every N of so many threads; met if the worst ratio is. */
    private void compare(String kind, String policy, double wanted, int threads, List<String> peers) {
        List<String> ratios = new ArrayList<>();
        double worst = 0;
        for (int[] column : COLUMNS) {
            if (column[1] != threads) {
                continue;
            }
            Optional<Value> ours = results.cpuNanos(new Key(kind, Report.OURS, policy, column[0], threads));
            Optional<Double> theirs = peers.stream()
                    .map(peer -> peer.split(" "))
                    .flatMap(peer -> results.cpuNanos(new Key(kind, peer[0], peer[1], column[0], threads)).stream())
                    .map(Value::value)
                    .min(Double::compare);
            if (ours.isEmpty() || theirs.isEmpty()) {
                return;
            }
            double ratio = ours.get().value() / theirs.get();
            worst = Math.max(worst, ratio);
            ratios.add(Report.ratio(ratio, wanted));
        }
        report.goal(
                "%s %s to %s, %s".formatted(kind, policy, String.join(" or ", peers), Report.threads(threads)),
                String.join(" / ", ratios),
                "≤ " + wanted,
                worst <= wanted);
    }

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
        report.line("%n## Picks in an outage%n");
        report.line(
                "Worker CPU ns of a pick while all endpoints are well, and how many times that while every other one, or every one, is half open and its");
        report.line("probe call hangs.%n");
        report.line("| | N | all well | every other half open | all half open |%n|---|---:|---:|---:|---:|");
        for (String policy : policies) {
            double worst = 0;
            for (int n : sizes) {
                double well = outage("none", policy, n);
                double half = outage("half", policy, n) / well;
                double all = outage("all", policy, n) / well;
                worst = Math.max(worst, Math.max(half, all));
                report.line(
                        "| %s | %,d | %s | %s | %s |",
                        policy, n, Report.number(well), Report.number(half), Report.number(all));
            }
            report.goal(
                    "Pick %s in an outage to a healthy one, at any N".formatted(policy),
                    Report.number(worst),
                    "≤ 4",
                    worst <= 4);
        }
    }

    private double outage(String out, String policy, int n) {
        return results.cpuNanos(new Key("PickInOutage " + out, Report.OURS, policy, n, 1))
                .orElseThrow()
                .value();
    }
}
