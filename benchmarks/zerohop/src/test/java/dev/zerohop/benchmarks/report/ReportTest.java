package dev.zerohop.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
    @TempDir
    Path directory;

    @Test
    void aPartThatDidNotRunIsNotInTheReport() throws IOException {
        String report = report(new StoredRun()
                .environment("2026-11-30T00:00:00Z")
                .wall("zerohop.Update.add", "round_robin", 1_000, 50)
                .wall("grpc.Update.add", "round_robin", 1_000, 100));

        assertThat(report)
                .startsWith("`benchmarks/run` at commit abc, 2026-11-30T00:00:00Z, JDK 25.0.1, Z80, 2 cores.\n")
                .contains("## One endpoint is added", "## Goals")
                .doesNotContain("Picks", "Acquire", "cold start", "End to end", "etcd", "Fairness", "OkHttp");
        assertThat(row(report, "Update, round_robin, to grpc")).containsExactly("0.50", "≤ 0.15", "**no**");
    }

    @Test
    void aRatioThatMissesItsGoalByLittleDoesNotLookLikeIt() throws IOException {
        String report = report(new StoredRun()
                .wall("zerohop.Update.add", "round_robin", 1_000, 15.4)
                .wall("grpc.Update.add", "round_robin", 1_000, 100));

        assertThat(row(report, "Update, round_robin, to grpc")).containsExactly("0.154", "≤ 0.15", "**no**");
    }

    @Test
    void metricsAreHeldAgainstOneRecordByMedians() throws IOException {
        String result = """
                {"params": {"listener": "%s"}, "secondaryMetrics": {"cpu": {"rawData": [[%s, 900], [%s, %s]]},
                 "gc.alloc.rate.norm": {"score": 32}}}""";
        Files.writeString(
                directory.resolve("metered.json"),
                "["
                        + result.formatted("clock", 70, 70, 70)
                        + ","
                        + result.formatted("micrometer", 150, 140, 130)
                        + ","
                        + result.formatted("gone", 60, 60, 60).replace("\"listener\": \"gone\"", "")
                        + "]");
        String report = report(new StoredRun());

        assertThat(report).contains("## Attempts with metrics");
        assertThat(row(report, "with the metrics")).containsExactly("145", "32");
        assertThat(row(report, "What metrics add to an attempt with a listener, to one record of a timer"))
                .containsExactly("1.25", "≤ 1.3", "yes");
    }

    @Test
    void withoutMeasurementsThereAreNoGoals() throws IOException {
        assertThat(report(new StoredRun())).isEmpty();
    }

    @Test
    void roundRobinIsHeldAgainstTheFloorAndTheFasterPeer() throws IOException {
        StoredRun run = new StoredRun();
        for (int n : new int[] {10, 1_000, 10_000}) {
            run.cpu("zerohop.Pick.pick", "round_robin", n, 1, 3)
                    .cpu("floor.Pick.stripedCursor", "", n, 1, 2)
                    .cpu("grpc.Pick.pick", "round_robin", n, 1, 6)
                    .cpu("armeria.Pick.pick", "round_robin", n, 1, n == 10 ? 4 : 8);
        }
        run.cpu("zerohop.Pick.pick", "round_robin", 100, 2, 3)
                .cpu("grpc.Pick.pick", "round_robin", 100, 2, 30)
                .cpu("armeria.Pick.pick", "round_robin", 100, 2, 40);
        String report = report(run);

        assertThat(row(report, "Pick round_robin to floor stripedCursor, 1 thread"))
                .containsExactly("1.50 / 1.50 / 1.50", "≤ 1.4", "**no**");
        assertThat(row(report, "Pick round_robin to grpc round_robin or armeria round_robin, 1 thread"))
                .containsExactly("0.75 / 0.50 / 0.50", "≤ 1.0", "yes");
        assertThat(row(report, "Pick round_robin to grpc round_robin or armeria round_robin, 2 threads"))
                .containsExactly("0.10", "≤ 0.15", "yes");
        assertThat(row(report, "Pick round_robin: N=10,000 to N=10")).containsExactly("1.00", "flat: ≤ 1.25", "yes");
    }

    @Test
    void weightedPicksAndThoseByLoadHaveTheirOwnGoals() throws IOException {
        String report = report(new StoredRun()
                .cpu("zerohop.Pick.pick", "weighted_round_robin", 100, 2, 4)
                .cpu("grpc.Pick.pick", "weighted_round_robin", 100, 2, 40)
                .cpu("armeria.Pick.pick", "weighted_round_robin", 100, 2, 10)
                .cpu("zerohop.Pick.pick", "least_request", 100, 2, 9)
                .cpu("floor.Pick.p2cPadded", "", 100, 2, 6)
                .cpu("zerohop.Pick.pick", "least_request", 10, 1, 8)
                .cpu("zerohop.Pick.pick", "least_request", 10_000, 1, 12));

        assertThat(row(report, "Pick weighted_round_robin to grpc weighted_round_robin, 2 threads"))
                .containsExactly("0.10", "≤ 0.15", "yes");
        assertThat(row(report, "Pick weighted_round_robin to armeria weighted_round_robin, 2 threads"))
                .containsExactly("0.40", "≤ 0.25", "**no**");
        assertThat(row(report, "Pick least_request to floor p2cPadded, 2 threads"))
                .containsExactly("1.500", "≤ 1.5", "yes");
        assertThat(row(report, "Pick least_request: N=10,000 to N=10"))
                .containsExactly("1.50", "flat: ≤ 1.25", "**no**");
    }

    @Test
    void lookUpsOfKeysCountWithoutTheirHashAndTablesBesideThoseOfThePeer() throws IOException {
        StoredRun run = new StoredRun()
                .wall("grpc.RingRebuild.oneMore", "", 1_000, 20_000)
                .wall("grpc.RingRebuild.oneMore", "", 10_000, 450_000)
                .table("ring_hash", 0, 1_000, 2_000)
                .table("ring_hash", 0, 10_000, 50_000)
                .table("ring_hash", 1, 1_000, 12)
                .table("maglev", 0, 1_000, 1_500);
        for (int n : new int[] {1_000, 10_000}) {
            run.wall("zerohop.KeyLookup.find", "nothing", n, 1.5)
                    .wall("zerohop.KeyLookup.find", "binary_search", n, 80)
                    .wall("zerohop.KeyLookup.find", "ring_hash", n, n == 1_000 ? 20 : 100)
                    .wall("zerohop.KeyLookup.find", "maglev", n, 6)
                    .wall("zerohop.KeyLookup.find", "jump", n, 56);
        }
        String report = report(run);

        assertThat(row(report, "zerohop maglev", 3)).containsExactly("6.00", "6.00", "0");
        assertThat(row(report, "zerohop ring_hash", 3)).containsExactly("20.0", "100", "0");
        assertThat(row(report, "zerohop ring_hash", 5)).containsExactly("2,000", "50,000", "12.0", "-", "0");
        assertThat(row(report, "grpc ring_hash")).containsExactly("20,000", "450,000", "-", "-", "0");
        assertThat(row(report, "Look-up ring_hash to a binary search, N=1,000"))
                .containsExactly("0.25", "≤ 1.2", "yes");
        assertThat(row(report, "Look-up ring_hash to a binary search, N=10,000"))
                .containsExactly("1.25", "≤ 1.2", "**no**");
        assertThat(row(report, "Look-up maglev after the hash, N=1,000: ns")).containsExactly("4.50", "≤ 5.0", "yes");
        assertThat(row(report, "Look-up jump after the hash, N=1,000: ns")).containsExactly("54.5", "≤ 40.0", "**no**");
        assertThat(row(report, "Table of ring_hash to grpc ring_hash, N=10,000"))
                .containsExactly("0.11", "≤ 0.1", "**no**");
        assertThat(row(report, "Table of maglev, N=1,000: ms")).containsExactly("1.50", "≤ 3.0", "yes");
    }

    @Test
    void aComparisonEndsTheReportAndTheRunIsStoredForTheNext() throws IOException {
        History history = new History(directory.resolve("history"));
        Report first = new Report(new StoredRun()
                .environment("2026-11-29T00:00:00Z")
                .cpu("zerohop.Pick.pick", "random", 10, 1, 4)
                .in(directory.resolve("first")));
        Report second = new Report(new StoredRun()
                .environment("2026-11-30T00:00:00Z")
                .cpu("zerohop.Pick.pick", "random", 10, 1, 3)
                .in(directory.resolve("second")));
        first.compare(history);
        second.compare(history);

        assertThat(first.markdown()).contains("No earlier run on Z80, 2 cores, JDK 25");
        assertThat(second.markdown()).contains("## Compared with the run of 2026-11-29T00:00:00Z at commit abc");
        assertThat(row(second.markdown(), "zerohop random, Pick, N=10, ns"))
                .containsExactly("4.00", "3.00", "-25 %", "better");
    }

    private String report(StoredRun run) throws IOException {
        Report report = new Report(run.in(directory));
        report.print();
        return report.markdown();
    }

    /** The other cells of the one row that begins so. */
    private static String[] row(String report, String first) {
        return row(report, first, 0);
    }

    /** The same of the one that has so many other cells; 0 for any number. */
    private static String[] row(String report, String first, int others) {
        String row = report.lines()
                .filter(line -> line.matches("\\| \\Q" + first + "\\E +\\|.*"))
                .filter(line -> others == 0 || line.split("\\|").length == others + 2)
                .reduce((one, other) -> {
                    throw new AssertionError("two rows of " + first);
                })
                .orElseThrow(() -> new AssertionError("no row of " + first + " in\n" + report));
        String[] cells = row.split("\\|");
        String[] found = new String[cells.length - 2];
        for (int i = 0; i < found.length; i++) {
            found[i] = cells[i + 2].strip();
        }
        return found;
    }
}
