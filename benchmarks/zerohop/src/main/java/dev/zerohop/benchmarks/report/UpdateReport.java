package dev.zerohop.benchmarks.report;

import dev.zerohop.benchmarks.report.Results.Key;
import dev.zerohop.benchmarks.report.Results.Value;
import java.util.List;
import java.util.Optional;

/** What an update costs: an endpoint more, and one that is found down. */
final class UpdateReport {
    /** With other objects for all endpoints, and with the same ones for those that a list names again. */
    private static final List<String> UPDATES = List.of("Update", "Update same");

    static final List<String> KINDS = List.of("Update", "Update same", "HealthFlip");

    private final Report report;
    private final Results results;

    UpdateReport(Report report, Results results) {
        this.report = report;
        this.results = results;
    }

    void write() {
        for (String kind : KINDS) {
            List<Key> rows = results.keys().stream()
                    .filter(key -> key.kind().equals(kind) && key.n() == 1_000)
                    .toList();
            if (rows.isEmpty()) {
                continue;
            }
            report.line(
                    "%n## %s%n%nWall time to the published picker, median, microseconds; bytes allocated, with the way back, at N=1,000.%n",
                    switch (kind) {
                        case "Update same" -> "One endpoint is added, the others are the same objects";
                        case "Update" -> "One endpoint is added, and all are other objects";
                        default -> "One endpoint is found down";
                    });
            report.line("| | N=1,000 | N=10,000 | N=100,000 | B/op |%n|---|---:|---:|---:|---:|");
            for (Key row : rows) {
                report.line(
                        "| %s %s | %s | %s | %s | %s |",
                        row.library(),
                        row.policy(),
                        wall(row, 1_000),
                        wall(row, 10_000),
                        wall(row, 100_000),
                        results.bytes(row).map(String::valueOf).orElse("-"));
            }
        }
        UPDATES.forEach(this::updateGoals);
        for (String policy : List.of("round_robin", "random", "least_request")) {
            results.wall(new Key("HealthFlip", Report.OURS, policy, 10_000, 1))
                    .ifPresent(value -> report.goal(
                            "Update, %s, one of 10,000 is down: µs".formatted(policy),
                            Report.number(value.value()),
                            "≤ 20",
                            value.value() <= 20));
        }
    }

    private void updateGoals(String kind) {
        for (String policy : List.of("round_robin", "weighted_round_robin")) {
            updateGoal(kind, policy, "armeria", 0.5);
            updateGoal(kind, policy, "grpc", 0.15);
            for (int n : new int[] {10_000, 100_000}) {
                results.wall(new Key(kind, Report.OURS, policy, n, 1))
                        .ifPresent(value -> report.goal(
                                "%s, %s, N=%,d: ns for each endpoint".formatted(kind, policy, n),
                                Report.number(value.value() * 1_000 / n),
                                "≤ 30",
                                value.value() * 1_000 / n <= 30));
            }
        }
    }

    private String wall(Key key, int n) {
        return results.wall(new Key(key.kind(), key.library(), key.policy(), n, key.threads()))
                .map(Report::cell)
                .orElse("-");
    }

    private void updateGoal(String kind, String policy, String peer, double wanted) {
        Optional<Value> ours = results.wall(new Key(kind, Report.OURS, policy, 1_000, 1));
        Optional<Value> theirs = results.wall(new Key(kind, peer, policy, 1_000, 1));
        if (ours.isPresent() && theirs.isPresent()) {
            double ratio = ours.get().value() / theirs.get().value();
            report.goal(
                    "%s, %s, to %s".formatted(kind, policy, peer),
                    Report.ratio(ratio, wanted),
                    "≤ " + wanted,
                    ratio <= wanted);
        }
    }
}
