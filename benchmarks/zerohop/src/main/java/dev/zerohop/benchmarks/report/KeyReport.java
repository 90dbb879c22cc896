package dev.zerohop.benchmarks.report;

import dev.zerohop.benchmarks.report.Results.Key;
import dev.zerohop.benchmarks.report.Results.Value;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What it costs to find the endpoint of a key, and to make the tables for it, beside grpc-java's ring. */
final class KeyReport {
    static final String LOOK_UP = "KeyLookup";

    private static final String JOINS = "TableRebuild 0";
    private static final String OUT = "TableRebuild 1";
    private static final String PEER = "RingRebuild";

    static final List<String> TABLES = List.of(JOINS, OUT, PEER);

    /** The benchmark's own cost: the hash of a key. */
    private static final String FLOOR = "nothing";

    /** What is looked up, as the table names it. */
    private static final Map<String, String> NAMES = Map.of(
            FLOOR,
            "hash only",
            "binary_search",
            "binary search of the same ring",
            "ring_hash",
            "zerohop ring_hash",
            "ring_hash_bounded",
            "zerohop ring_hash, bounded load",
            "maglev",
            "zerohop maglev",
            "jump",
            "zerohop jump hash");

    private final Report report;
    private final Results results;

    KeyReport(Report report, Results results) {
        this.report = report;
        this.results = results;
    }

    void write() {
        List<Key> lookUps = rows(LOOK_UP);
        if (!lookUps.isEmpty()) {
            report.line(
                    "%n## Look-up of a key%n%nFrom the hash of a key to its endpoint on one thread, nanoseconds, the hash included. The ring has 100 entries for each endpoint.%n");
            report.line("| | N=1,000 | N=10,000 | B/op |%n|---|---:|---:|---:|");
            lookUps.forEach(row -> report.line(
                    "| %s | %s | %s | %s |",
                    NAMES.getOrDefault(row.policy(), row.policy()), cell(row, 1_000), cell(row, 10_000), bytes(row)));
        }
        List<Key> tables = rows(JOINS);
        if (!tables.isEmpty()) {
            report.line(
                    "%n## Tables for keys%n%nFrom the new version to its picker, median, microseconds: one endpoint joins, or one is out. Bytes allocated as one joins, at N=1,000.%n");
            report.line(
                    "| | joins, N=1,000 | N=10,000 | out, N=1,000 | N=10,000 | B/op |%n|---|---:|---:|---:|---:|---:|");
            tables.forEach(row -> table(row.library() + " " + row.policy(), row, Optional.of(key(OUT, row))));
            rows(PEER).forEach(row -> table(row.library() + " ring_hash", row, Optional.empty()));
        }
        goals();
    }

    private void table(String name, Key joins, Optional<Key> out) {
        report.line(
                "| %s | %s | %s | %s | %s | %s |",
                name,
                cell(joins, 1_000),
                cell(joins, 10_000),
                out.map(key -> cell(key, 1_000)).orElse("-"),
                out.map(key -> cell(key, 10_000)).orElse("-"),
                bytes(joins));
    }

    private void goals() {
        for (int n : new int[] {1_000, 10_000}) {
            Optional<Double> ring = wall(ours("ring_hash", n));
            Optional<Double> search = wall(ours("binary_search", n));
            if (ring.isPresent() && search.isPresent()) {
                goal("Look-up ring_hash to a binary search, N=%,d".formatted(n), ring.get() / search.get(), 1.2);
            }
            afterHash("maglev", n)
                    .ifPresent(nanos -> goal("Look-up maglev after the hash, N=%,d: ns".formatted(n), nanos, 5));
        }
        afterHash("jump", 1_000).ifPresent(nanos -> goal("Look-up jump after the hash, N=1,000: ns", nanos, 40));
        Optional<Double> ring = wall(new Key(JOINS, Report.OURS, "ring_hash", 10_000, 1));
        Optional<Double> peer = wall(new Key(PEER, "grpc", "oneMore", 10_000, 1));
        if (ring.isPresent() && peer.isPresent()) {
            goal("Table of ring_hash to grpc ring_hash, N=10,000", ring.get() / peer.get(), 0.1);
        }
        wall(new Key(JOINS, Report.OURS, "maglev", 1_000, 1))
                .ifPresent(micros -> goal("Table of maglev, N=1,000: ms", micros / 1_000, 3));
    }

    private void goal(String what, double value, double wanted) {
        report.goal(what, Report.ratio(value, wanted), "≤ " + wanted, value <= wanted);
    }

    private Optional<Double> afterHash(String policy, int n) {
        Optional<Double> floor = wall(ours(FLOOR, n));
        return wall(ours(policy, n)).flatMap(nanos -> floor.map(hash -> nanos - hash));
    }

    private static Key ours(String policy, int n) {
        return new Key(LOOK_UP, Report.OURS, policy, n, 1);
    }

    private static Key key(String kind, Key row) {
        return new Key(kind, row.library(), row.policy(), row.n(), row.threads());
    }

    private List<Key> rows(String kind) {
        return results.keys().stream()
                .filter(key -> key.kind().equals(kind) && key.n() == 1_000)
                .toList();
    }

    private Optional<Double> wall(Key key) {
        return results.wall(key).map(Value::value);
    }

    private String cell(Key row, int n) {
        return results.wall(new Key(row.kind(), row.library(), row.policy(), n, row.threads()))
                .map(Report::cell)
                .orElse("-");
    }

    private String bytes(Key row) {
        return results.bytes(row).map(String::valueOf).orElse("-");
    }
}
