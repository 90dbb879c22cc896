package dev.zerohop.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.zerohop.Candidate;
import dev.zerohop.Endpoint;
import dev.zerohop.Health.Status;
import dev.zerohop.LoadReport;
import dev.zerohop.Locality;
import dev.zerohop.Snapshot;
import dev.zerohop.stage.ZonePreference.Prefer;
import dev.zerohop.testing.FakeNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The zone stage by what endpoints report, step by step, with its figures worked by hand. */
class ZoneLoadTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    /** Longer than a period with whatever it is late. */
    private static final long STEP = 12 * SECOND;

    private final List<FakeNode> nodes = new ArrayList<>();
    private long now = 1_000 * SECOND;
    private Snapshot last = Snapshot.EMPTY;
    private ZonePreference stage = stage(ZoneLoad.DEFAULTS).build();

    private static ZonePreference.Builder stage(ZoneLoad load) {
        return ZonePreference.builder()
                .prefer(Prefer.OWN)
                .minEndpoints(0)
                .client(new Locality("a", null))
                .reportedLoad(load);
    }

    /** {@code a:1 b:3} is one endpoint in zone a and three in b. */
    private void zones(String counts) {
        for (String zone : counts.split(" ")) {
            String name = zone.substring(0, 1);
            for (int i = 0; i < Integer.parseInt(zone.substring(2)); i++) {
                nodes.add(new FakeNode(Endpoint.builder("127.0.0.1", 1000 + nodes.size())
                        .id(name + i)
                        .zone(name.equals("-") ? null : name)
                        .attributes(Map.of())
                        .build()));
            }
        }
    }

    /** All endpoints of a zone report, now. */
    private ZoneLoadTest reports(String zone, double utilization) {
        return reports(zone, utilization, Integer.MAX_VALUE);
    }

    /** The first ones of a zone. */
    private ZoneLoadTest reports(String zone, double utilization, int count) {
        nodes.stream()
                .filter(node -> zone.equals(node.endpoint().zone()))
                .limit(count)
                .forEach(node -> node.reported(
                        LoadReport.builder().cpuUtilization(utilization).build(), now));
        return this;
    }

    private Map<String, Double> apply() {
        last = stage.apply(Snapshot.of(nodes).carryingThatOf(last), now);
        return byZone(last);
    }

    /** A whole period later. */
    private Map<String, Double> step() {
        now += STEP;
        return apply();
    }

    private static Map<String, Double> byZone(Snapshot snapshot) {
        double total =
                snapshot.candidates().stream().mapToDouble(Candidate::weight).sum();
        Map<String, Double> shares = new TreeMap<>();
        for (Candidate candidate : snapshot.candidates()) {
            String zone = candidate.node().endpoint().zone();
            shares.merge(zone == null ? "-" : zone, candidate.weight() / total, Double::sum);
        }
        return shares;
    }

    private static void assertShares(Map<String, Double> shares, double a, double b, double c) {
        assertThat(shares.get("a")).isCloseTo(a, within(1e-9));
        assertThat(shares.getOrDefault("b", 0.0)).isCloseTo(b, within(1e-9));
        assertThat(shares.getOrDefault("c", 0.0)).isCloseTo(c, within(1e-9));
    }

    private String note() {
        return last.trail().get(0);
    }

    // ---- without reports ----

    @Test
    void withoutReportsAllIsAsItIsWithoutTheOption() {
        zones("a:1 b:3 c:3");
        List<Candidate> plain = stage(ZoneLoad.DEFAULTS)
                .reportedLoad(null)
                .build()
                .apply(Snapshot.of(nodes), now)
                .candidates();
        apply();
        for (int i = 0; i < 30; i++) {
            assertThat(last.candidates()).isEqualTo(plain);
            step();
        }
        assertThat(note())
                .isEqualTo(
                        "zone: 60.0 % in own zone a with 1 of 7, spilling 20.0 % to b, 20.0 % to c; by load: a unknown,"
                                + " 0 of 1 report, b unknown, 0 of 3 report, c unknown, 0 of 3 report");
    }

    @Test
    void withoutTheOptionNothingIsCarriedAndNothingIsAskedFor() {
        zones("a:3 b:3");
        reports("a", 0.9).reports("b", 0.1);
        ZonePreference plain = stage(ZoneLoad.DEFAULTS).reportedLoad(null).build();
        Snapshot out = plain.apply(Snapshot.of(nodes), now);
        assertThat(plain.wantsLoadReports()).isFalse();
        assertThat(out.carried(ZoneShift.class)).isNull();
        assertThat(out.reviewInNanos()).isEqualTo(Long.MAX_VALUE);
        assertThat(stage.wantsLoadReports()).isTrue();
        assertThat(stage(ZoneLoad.DEFAULTS).prefer(Prefer.ANY).build().wantsLoadReports())
                .isFalse();
    }

    // ---- worked by hand ----

    @Test
    void aZoneThatIsBusierGivesAsMuchAsAStepToEachOfTheOthersByHowMuchLessTheyAreBusy() {
        zones("a:3 b:3 c:3");
        assertShares(apply(), 1, 0, 0);
        reports("a", 0.8).reports("b", 0.2).reports("c", 0.3);
        // 3 % for the others' reports, and 2 % of 97 % by 0.8 - 0.2 - 0.075 and 0.8 - 0.3 - 0.075.
        assertShares(step(), 0.97 * 0.98, 0.015 + 0.97 * 0.02 * 525 / 950, 0.015 + 0.97 * 0.02 * 425 / 950);
        reports("a", 0.8).reports("b", 0.2).reports("c", 0.3);
        assertShares(step(), 0.97 * 0.93, 0.015 + 0.97 * 0.07 * 525 / 950, 0.015 + 0.97 * 0.07 * 425 / 950);
        assertThat(note())
                .isEqualTo(
                        "zone: 90.2 % in own zone a with 3 of 9, spilling 5.3 % to b, 4.5 % to c; by load: a at 0.80, b at"
                                + " 0.20, c at 0.30: 7.0 % of what it could keep goes elsewhere");
    }

    @Test
    void aSmallDifferenceMovesLessThanAStep() {
        zones("a:3 b:3");
        apply();
        reports("a", 0.3).reports("b", 0.3);
        assertShares(step(), 0.97, 0.03, 0);
        reports("a", 0.4).reports("b", 0.28);
        // Half of what makes them equal to 0.075: (0.12 - 0.075) / 0.4 x 3 / 6.
        assertShares(step(), 0.97 * (1 - 0.028125), 0.03 + 0.97 * 0.028125, 0);
    }

    @Test
    void aLargeZoneGivesLessToASmallOne() {
        zones("a:9 b:1");
        apply();
        reports("a", 0.5).reports("b", 0.5);
        step();
        reports("a", 0.5).reports("b", 0.3);
        // Plain, a keeps all: it has more capacity than clients. Half of (0.2 - 0.075) / 0.5 x 1 / 10.
        assertThat(step().get("a")).isCloseTo(0.97 * (1 - 0.0125), within(1e-9));
    }

    @Test
    void betweenTheDifferenceAndHalfOfItNothingMovesAndBelowThatItComesBack() {
        zones("a:3 b:3");
        apply();
        reports("a", 0.3).reports("b", 0.3);
        step();
        reports("a", 0.4).reports("b", 0.28);
        double moved = 1 - step().get("a") / 0.97;
        assertThat(moved).isCloseTo(0.028125, within(1e-9));
        for (double utilization : List.of(0.379, 0.331)) {
            reports("a", utilization).reports("b", 0.28);
            assertThat(step().get("a")).isCloseTo(0.97 * (1 - moved), within(1e-9));
        }
        reports("a", 0.9).reports("b", 0.88);
        // Half of (0.075 - 0.02) / 0.9 x the part that is still there x 3 / 6.
        double back = 0.5 * 0.055 / 0.9 * (1 - moved) * 0.5;
        assertThat(step().get("a")).isCloseTo(0.97 * (1 - moved + back), within(1e-9));
        for (int i = 0; i < 3; i++) {
            reports("a", 0.2).reports("b", 0.28);
            step();
        }
        assertShares(byZone(last), 0.97, 0.03, 0);
    }

    @Test
    void whatGoesToAZoneThatHasBecomeBusyGoesToAnother() {
        zones("a:3 b:3 c:3");
        apply();
        reports("a", 0.8).reports("b", 0.2).reports("c", 0.8);
        step();
        for (int i = 0; i < 4; i++) {
            reports("a", 0.8).reports("b", 0.2).reports("c", 0.8);
            step();
        }
        assertShares(byZone(last), 0.97 * 0.78, 0.015 + 0.97 * 0.22, 0.015);
        reports("a", 0.8).reports("b", 1.0).reports("c", 0.2);
        Map<String, Double> before = byZone(last);
        Map<String, Double> after = step();
        assertThat(after.get("b")).isLessThan(before.get("b"));
        assertThat(after.get("c")).isCloseTo(before.get("c") + 0.97 * 0.05, within(1e-9));
    }

    @Test
    void aTwentiethStaysSoThatItIsSeenWhenTheZoneIsWellAgain() {
        zones("a:3 b:3");
        apply();
        for (int i = 0; i < 100; i++) {
            reports("a", 1).reports("b", 0.1);
            step();
        }
        assertThat(byZone(last).get("a")).isBetween(0.97 * 0.05 - 1e-9, 0.97 * 0.0501);
        int steps = 0;
        while (byZone(last).get("a") < 0.96 && steps++ < 100) {
            reports("a", 0.05).reports("b", 0.9);
            step();
        }
        assertThat(steps).as("steps until it is back").isBetween(19, 22);
    }

    @Test
    void sharesGoOnFromWhatTheZoneCouldKeep() {
        zones("a:3 b:3 c:3");
        apply();
        for (int i = 0; i < 5; i++) {
            reports("a", 0.9).reports("b", 0.3).reports("c", 0.3);
            step();
        }
        assertThat(byZone(last).get("a")).isCloseTo(0.97 * 0.78, within(1e-9));
        nodes.remove(0);
        nodes.remove(0);
        // One is left of three: 60 % could stay, and 22 % of that go elsewhere. No step is due.
        now += SECOND;
        assertThat(apply().get("a")).isCloseTo(0.97 * 0.78 * 0.6, within(1e-9));
    }

    // ---- which reports count ----

    @Test
    void aZoneIsKnownWhenHalfOfItsEndpointsOrTenHaveReported() {
        zones("a:3 b:5 c:40");
        apply();
        reports("a", 0.9, 1).reports("b", 0.1).reports("c", 0.1);
        assertThat(step().get("a")).isEqualTo(byZone(plain()).get("a"));
        reports("a", 0.9, 2).reports("b", 0.1, 2).reports("c", 0.1, 9);
        step();
        assertThat(note()).contains("a at 0.90, b at 0.10, c at 0.10");
        nodes.forEach(node -> node.reported(LoadReport.builder().build(), now));
        reports("a", 0.9, 2).reports("b", 0.1, 2).reports("c", 0.1, 9);
        double a = byZone(last).get("a");
        assertThat(step().get("a")).isCloseTo(a, within(1e-9));
        assertThat(note()).contains("a at 0.90, b unknown, 2 of 5 report, c unknown, 9 of 40 report");
        reports("b", 0.1, 3).reports("c", 0.1, 10);
        step();
        assertThat(note()).contains("a at 0.90, b at 0.10, c at 0.10");
    }

    private Snapshot plain() {
        return stage(ZoneLoad.DEFAULTS).reportedLoad(null).build().apply(Snapshot.of(nodes), now);
    }

    @Test
    void aReportOfAnotherZoneFromBeforeTheLastMoveMovesNothingMore() {
        zones("a:3 b:3");
        apply();
        reports("a", 0.9).reports("b", 0.1);
        double first = step().get("a");
        assertThat(first).isLessThan(0.97);
        now += SECOND;
        assertThat(step().get("a")).isEqualTo(first);
        reports("a", 0.9);
        assertThat(step().get("a")).isEqualTo(first);
        reports("b", 0.1);
        assertThat(step().get("a")).isCloseTo(first - 0.97 * 0.05, within(1e-9));
        // In a zone where all calls run out of time, no report is new.
        reports("b", 0.1);
        assertThat(step().get("a")).isCloseTo(first - 0.97 * 0.1, within(1e-9));
    }

    @Test
    void whenReportsStopWhatMovedStaysUntilTheyExpireAndThenComesBackStepByStep() {
        zones("a:3 b:3");
        apply();
        for (int i = 0; i < 5; i++) {
            reports("a", 0.9).reports("b", 0.1);
            step();
        }
        double moved = byZone(last).get("a");
        assertThat(moved).isCloseTo(0.97 * 0.78, within(1e-9));
        long reported = now - STEP;
        while (now + STEP - reported < Duration.ofMinutes(3).toNanos()) {
            assertThat(step().get("a")).isEqualTo(moved);
        }
        List<Double> back = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            back.add(Math.round(1e6 * step().get("a")) / 1e6);
        }
        // The 3 % for the others' reports first, when the own zone's have expired.
        assertThat(back).containsExactly(0.78, 0.83, 0.88, 0.93, 0.98, 1.0, 1.0);
        assertThat(last.candidates()).isEqualTo(plain().candidates());
        assertThat(note()).endsWith("; by load: a unknown, 0 of 3 report, b unknown, 0 of 3 report");
    }

    @Test
    void whatHasLeftAZoneThatAnswersNoCallStaysWhereServersReport() {
        zones("a:3 b:3 c:3");
        reports("a", 1.2).reports("b", 0.3).reports("c", 0.3);
        apply();
        for (int i = 0; i < 20; i++) {
            reports("b", 0.3).reports("c", 0.3);
            step();
        }
        double kept = byZone(last).get("a");
        assertThat(kept).isLessThan(0.4);
        // Three times as long as reports count.
        for (int i = 0; i < 45; i++) {
            reports("b", 0.3).reports("c", 0.3);
            assertThat(step().get("a")).isCloseTo(kept, within(1e-9));
        }
        for (int i = 0; i < 60; i++) {
            reports("a", 0.3).reports("b", 0.3).reports("c", 0.3);
            step();
        }
        assertThat(byZone(last).get("a")).as("it is well again").isGreaterThan(0.9);
    }

    @Test
    void whereOnlyTheOwnZoneReportsTheOthersGetWhatTheyNeedToReport() {
        zones("a:3 b:2 c:4");
        apply();
        reports("a", 0.9);
        assertShares(step(), 0.97, 0.01, 0.02);
        assertThat(note()).contains("; by load: a at 0.90, b unknown, 0 of 2 report, c unknown, 0 of 4 report");
        stage = stage(new ZoneLoad(Duration.ofSeconds(10), 5, 10, 0, Duration.ofMinutes(3), List.of()))
                .build();
        reports("a", 0.9);
        assertShares(step(), 1, 0, 0);
    }

    @Test
    void theUtilizationIsTheApplicationsElseTheGreatestOfTheNamedElseTheCpus() {
        zones("a:1 b:1 c:1");
        stage = stage(new ZoneLoad(
                        Duration.ofSeconds(10),
                        5,
                        10,
                        3,
                        Duration.ofMinutes(3),
                        List.of("utilization.disk", "named_metrics.q")))
                .build();
        apply();
        LoadReport.Builder report = LoadReport.builder().cpuUtilization(0.1);
        nodes.get(0).reported(report.build(), now);
        nodes.get(1)
                .reported(report.utilization("disk", 0.2).namedMetric("q", 0.3).build(), now);
        nodes.get(2).reported(report.applicationUtilization(1e300).build(), now);
        step();
        assertThat(note()).contains("a at 0.10, b at 0.30, c at 2.00");
    }

    /** The error black hole, a zone of it. */
    @Test
    void aZoneThatFailsAtOnceDoesNotLookIdle() {
        zones("a:3 b:3");
        apply();
        for (int i = 0; i < 5; i++) {
            reports("a", 0.6);
            for (FakeNode node : nodes.subList(3, 6)) {
                LoadReport failing = LoadReport.builder()
                        .cpuUtilization(0.01)
                        .requestsPerSecond(100)
                        .errorsPerSecond(100)
                        .build();
                node.reported(failing, now);
            }
            step();
        }
        assertShares(byZone(last), 0.97, 0.03, 0);
        assertThat(note()).contains("a at 0.60, b at 1.01");
        for (FakeNode node : nodes.subList(3, 6)) {
            // A server that counts only what it has answered well.
            node.reported(LoadReport.builder().errorsPerSecond(40).build(), now);
        }
        step();
        assertThat(note()).contains("a at 0.60, b at 1.00");
        reports("b", 0.01);
        for (FakeNode node : nodes.subList(0, 3)) {
            LoadReport half = LoadReport.builder()
                    .cpuUtilization(0.1)
                    .requestsPerSecond(100)
                    .errorsPerSecond(50)
                    .build();
            node.reported(half, now);
        }
        double before = byZone(last).get("a");
        assertThat(step().get("a")).as("its own zone fails").isCloseTo(before - 0.97 * 0.05, within(1e-9));
    }

    // ---- instants ----

    @Test
    void betweenStepsVersionsGoOnAsTheyAre() {
        zones("a:3 b:3");
        apply();
        reports("a", 0.9).reports("b", 0.1);
        step();
        double share = byZone(last).get("a");
        long due = now + last.reviewInNanos();
        for (int i = 0; i < 20; i++) {
            now += SECOND / 2;
            reports("a", 0.9).reports("b", 0.1);
            assertThat(apply().get("a")).isEqualTo(share);
            assertThat(now + last.reviewInNanos()).isEqualTo(due);
        }
        now = due;
        assertThat(apply().get("a")).isLessThan(share);
        assertThat(last.reviewInNanos()).isBetween(11 * SECOND, 12 * SECOND);
    }

    @Test
    void manyClientsStepAtDifferentInstants() {
        zones("a:3 b:3");
        Set<Long> dues = new HashSet<>();
        int[] tenths = new int[10];
        for (int client = 0; client < 1_000; client++) {
            Snapshot first = stage.apply(Snapshot.of(nodes).seeded(client), now);
            assertThat(first.reviewInNanos()).isBetween(1L, 10 * SECOND);
            dues.add(first.reviewInNanos());
            tenths[(int) (first.reviewInNanos() / (SECOND + 1))]++;
            Snapshot second =
                    stage.apply(Snapshot.of(nodes).seeded(client).carryingThatOf(first), now + first.reviewInNanos());
            assertThat(second.reviewInNanos()).isBetween(11 * SECOND, 12 * SECOND);
            dues.add(first.reviewInNanos() + second.reviewInNanos());
        }
        assertThat(dues).hasSizeGreaterThan(1_990);
        for (int tenth : tenths) {
            assertThat(tenth).isBetween(70, 130);
        }
    }

    @Test
    void afterMoreThanAnExpirationWithoutALookItBeginsAnew() {
        zones("a:3 b:3");
        apply();
        reports("a", 0.9).reports("b", 0.1);
        step();
        assertThat(byZone(last).get("a")).isLessThan(1);
        nodes.get(0).health(Status.EJECTED);
        now += Duration.ofMinutes(2).toNanos();
        apply();
        assertThat(note()).startsWith("zone: all are used: endpoints that are out of order");
        assertThat(last.carried(ZoneShift.class)).isNotNull();
        nodes.get(0).health(Status.HEALTHY);
        assertThat(apply().get("a")).as("kept through a panic").isLessThan(1);
        nodes.get(0).health(Status.EJECTED);
        now += Duration.ofMinutes(4).toNanos();
        apply();
        nodes.get(0).health(Status.HEALTHY);
        assertThat(apply().get("a")).isEqualTo(1);
    }

    @Test
    void anotherOwnZoneBeginsAnew() {
        zones("a:3 b:3");
        apply();
        reports("a", 0.9).reports("b", 0.1);
        step();
        stage = stage(ZoneLoad.DEFAULTS).client(new Locality("b", null)).build();
        assertThat(apply()).containsOnlyKeys("b");
    }

    // ---- values ----

    @Test
    void valuesOutOfTheirRangeAreRejected() {
        Duration ten = Duration.ofSeconds(10);
        assertRejected(
                () -> new ZoneLoad(Duration.ofMillis(999), 5, 10, 3, ten, List.of()), "updatePeriod was PT0.999S");
        assertRejected(() -> new ZoneLoad(ten, 0, 10, 3, ten, List.of()), "maxStepPercent was 0, expected 1 to 25");
        assertRejected(
                () -> new ZoneLoad(ten, 5, 101, 3, ten, List.of()), "differencePercent was 101, expected 1 to 100");
        assertRejected(() -> new ZoneLoad(ten, 5, 10, 21, ten, List.of()), "probePercent was 21, expected 0 to 20");
        assertRejected(
                () -> new ZoneLoad(ten, 5, 10, 3, Duration.ofSeconds(9), List.of()),
                "expirationPeriod was PT9S, expected a duration from 10s to 1h");
        assertRejected(() -> new ZoneLoad(ten, 5, 10, 3, ten, List.of("queue")), "metric name was 'queue', expected");
        assertThat(ZoneLoad.DEFAULTS)
                .hasToString("reportedLoad (updatePeriod 10s, maxStepPercent 5, differencePercent 10, probePercent 3,"
                        + " expirationPeriod 180s, metricNamesForComputingUtilization [])");
        assertThat(stage.toString()).contains(", reportedLoad (updatePeriod 10s, ");
    }

    private static void assertRejected(Runnable made, String message) {
        assertThatIllegalArgumentException().isThrownBy(made::run).withMessageStartingWith(message);
    }
}
