package dev.zerohop.picker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.zerohop.Candidate;
import dev.zerohop.Node;
import dev.zerohop.Options;
import dev.zerohop.PickContext;
import dev.zerohop.Picker;
import dev.zerohop.Snapshot;
import dev.zerohop.testing.FakeNode;
import dev.zerohop.testing.FakeTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReportedWeightsTest {
    private final FakeTime time = new FakeTime();

    /** Nodes that report these weights of A58; 0 for none. */
    private static List<FakeNode> nodes(double... weights) {
        List<FakeNode> nodes = FakeNode.numbered("n", weights.length);
        for (int i = 0; i < weights.length; i++) {
            nodes.get(i).load(weights[i] == 0 ? 0.0 : 1 / weights[i]);
        }
        return nodes;
    }

    private static double[] factors(double... weights) {
        int[] factors = ReportedFactors.of(Snapshot.of(nodes(weights)).candidates(), 0);
        return Arrays.stream(factors)
                .mapToDouble(f -> (double) f / ReportedFactors.ONE)
                .toArray();
    }

    /** Those of the static stride scheduler that gRPC publishes with its tests: 50 to 1, 100 to 5, 3 to 2 to 1. */
    @Test
    void aFactorIsTheShareOfTheMeanWithinATenthAndTenTimes() {
        double[] ofTwenty = new double[20];
        Arrays.fill(ofTwenty, 1);
        ofTwenty[0] = 81;
        double[] factors = factors(ofTwenty);
        assertThat(factors[0]).isEqualTo(10);
        assertThat(factors[1]).isCloseTo(0.2, within(0.005));
        assertThat(factors(100, 1e-10)).containsExactly(2, 6.0 / 64);
        assertThat(factors(3, 0, 1)).containsExactly(1.5, 1, 0.5);
        assertThat(factors(10, 5)).containsExactly(new double[] {4.0 / 3, 2.0 / 3}, within(0.01));
    }

    @Test
    void whileFewerThanTwoHaveOneAllCountAlike() {
        assertThat(factors(0, 0, 0)).containsExactly(1, 1, 1);
        assertThat(factors(80, 0, 0)).containsExactly(1, 1, 1);
    }

    @Test
    void aFactorThatHardlyMovesStaysWhatItWas() {
        int[] next = {65, 70, 64, 30};
        assertThat(ReportedFactors.settle(new int[] {64, 71, 65, 31}, next)).isFalse();
        assertThat(next).as("64 is the mean, for one without a weight").containsExactly(64, 71, 64, 31);
        assertThat(ReportedFactors.settle(new int[] {64, 71, 64, 31}, new int[] {63, 72, 64, 30}))
                .isTrue();
    }

    private static Map<Node, Integer> picks(Picker picker, int count) {
        Map<Node, Integer> got = new HashMap<>();
        for (int i = 0; i < count; i++) {
            got.merge(picker.pick(PickContext.NONE), 1, Integer::sum);
        }
        return got;
    }

    private Picker picker(Snapshot snapshot) {
        return Pickers.weightedRoundRobin(ReportedWeights.DEFAULTS).newPicker(snapshot, time.env());
    }

    @Test
    void twiceTheUtilizationForTheSameRateGetsHalfTheCalls() {
        List<FakeNode> nodes = nodes(200, 100, 200);
        Map<Node, Integer> got = picks(picker(Snapshot.of(nodes)), 5_000);
        assertThat(got.get(nodes.get(0))).isBetween(1_980, 2_020);
        assertThat(got.get(nodes.get(1))).isBetween(980, 1_020);
        assertThat(got.get(nodes.get(2))).isBetween(1_980, 2_020);
    }

    @Test
    void whatIsReportedMeanwhileIsTakenInByTheNextRefreshAndNotBefore() {
        List<FakeNode> nodes = nodes(0, 0);
        Picker picker = picker(Snapshot.of(nodes));
        assertThat(picks(picker, 1_000).get(nodes.get(0))).isEqualTo(500);
        nodes.get(0).load(1.0 / 300);
        nodes.get(1).load(1.0 / 100);
        assertThat(picks(picker, 1_000).get(nodes.get(0))).isEqualTo(500);
        assertThat(picker.refreshNanos()).isEqualTo(Duration.ofSeconds(1).toNanos());
        picker.refresh(time.nanoTime());
        assertThat(picks(picker, 1_000).get(nodes.get(0))).isBetween(745, 755);
        nodes.get(0).load(0.0);
        picker.refresh(time.nanoTime());
        assertThat(picks(picker, 1_000).get(nodes.get(0))).as("expired").isBetween(499, 501);
    }

    @Test
    void configuredWeightsAreAFactorBesideTheReports() {
        List<FakeNode> nodes = List.of(FakeNode.named("a", 3), FakeNode.named("b", 1));
        nodes.get(0).load(1.0 / 100);
        nodes.get(1).load(1.0 / 200);
        // 3 x 2/3 to 1 x 4/3.
        assertThat(picks(picker(Snapshot.of(nodes)), 5_000).get(nodes.get(0))).isBetween(2_960, 3_040);
    }

    @Test
    void aGroupKeepsItsShareOfTheTrafficWhateverItsEndpointsReport() {
        List<FakeNode> nodes = nodes(100, 300, 10, 10);
        double[] weights = {5, 1, 1, 1};
        List<Candidate> candidates = new ArrayList<>();
        for (int i = 0; i < weights.length; i++) {
            candidates.add(new Candidate(nodes.get(i), weights[i], 1, i / 2));
        }
        Map<Node, Integer> got = picks(picker(Snapshot.of(nodes, candidates)), 8_000);
        // 5 x 0.5 to 1 x 1.5 of the 6 eighths of their group.
        assertThat(got.get(nodes.get(0))).isBetween(3_700, 3_800);
        assertThat(got.get(nodes.get(1))).isBetween(2_200, 2_300);
        assertThat(got.get(nodes.get(2))).isBetween(970, 1_030);
    }

    @Test
    void aNewVersionKeepsTheFactorsOfThoseThatStayAndANewOneTakesTheMean() {
        List<FakeNode> nodes = nodes(300, 100, 200);
        List<FakeNode> more = new ArrayList<>(nodes);
        more.add(FakeNode.named("n-3"));
        more.get(3).load(1.0 / 1_000);
        Picker picker = picker(Snapshot.of(nodes));
        Snapshot next = Snapshot.of(more, Snapshot.of(more).candidates());
        Map<Node, Integer> got = picks(picker.rebuild(next), 8_000);
        assertThat(got.get(nodes.get(0))).isBetween(2_950, 3_050);
        assertThat(got.get(nodes.get(1))).isBetween(950, 1_050);
        assertThat(got.get(more.get(3))).isBetween(1_950, 2_050);
    }

    @Test
    void anExplanationShowsReportsAndWeights() {
        List<FakeNode> nodes = nodes(300, 100, 0);
        assertThat(picker(Snapshot.of(nodes)).explain(PickContext.NONE))
                .anyMatch(line -> line.contains("takes turns in a cycle"))
                .anyMatch(line -> line.contains("n-0")
                        && line.contains("reports 300.0 calls/s for each utilization of 1")
                        && line.contains("times 1.50"))
                .anyMatch(line -> line.contains("n-2") && line.contains("no report that counts"));
    }

    // ---- options ----

    private static Object read(String policy, Object options) {
        return Pickers.read(Options.of("", Map.of("policy", Map.of(policy, options)), "policy"), "policy");
    }

    @Test
    void theOptionsAreReadByTheNamesOfTheField() {
        assertThat(read("weighted_round_robin", Map.of())).isEqualTo(Pickers.weightedRoundRobin());
        assertThat(read("weighted_round_robin", Map.of("reportedLoad", Map.of())))
                .isEqualTo(Pickers.weightedRoundRobin(ReportedWeights.DEFAULTS));
        assertThat(read(
                        "weighted_round_robin",
                        Map.of(
                                "reportedLoad",
                                Map.of(
                                        "blackoutPeriod", "0s",
                                        "weightExpirationPeriod", "1m",
                                        "weightUpdatePeriod", "500ms",
                                        "errorUtilizationPenalty", 2.0,
                                        "metricNamesForComputingUtilization", List.of("named_metrics.queue")))))
                .isEqualTo(Pickers.weightedRoundRobin(ReportedWeights.builder()
                        .blackoutPeriod(Duration.ZERO)
                        .weightExpirationPeriod(Duration.ofMinutes(1))
                        .weightUpdatePeriod(Duration.ofMillis(500))
                        .errorUtilizationPenalty(2)
                        .metricNamesForComputingUtilization(List.of("named_metrics.queue"))
                        .build()));
        assertThat(read("least_request", Map.of())).isEqualTo(Pickers.leastRequest());
        assertThat(read("least_request", Map.of("reportedLoad", Map.of()))).isEqualTo(Pickers.leastRequestByReports());
        assertThat(read(
                        "least_request",
                        Map.of(
                                "reportedLoad",
                                Map.of("metric", "cpu_utilization", "callsPerUnit", 40.0, "expirationPeriod", "5s"))))
                .isEqualTo(Pickers.leastRequestByReports("cpu_utilization", 40, Duration.ofSeconds(5)));
    }

    @Test
    void aWrongOptionIsRejectedWithItsPath() {
        rejected(
                "weighted_round_robin",
                Map.of("blackoutPeriod", 10.0),
                "reportedLoad.blackoutPeriod: was 10, expected");
        rejected("weighted_round_robin", Map.of("weightUpdatePeriod", "10ms"), "reportedLoad.weightUpdatePeriod: was");
        rejected("weighted_round_robin", Map.of("errorUtilizationPenalty", -1.0), "expected a number from 0 to 1000");
        rejected("weighted_round_robin", Map.of("other", 1.0), "reportedLoad.other: was 1, expected");
        rejected(
                "weighted_round_robin",
                Map.of("metricNamesForComputingUtilization", List.of("queue")),
                "metricNamesForComputingUtilization: was \"queue\", expected a list of at most 16 names");
        rejected("least_request", Map.of("metric", "rif"), "reportedLoad.metric: was \"rif\", expected the name of");
        rejected("least_request", Map.of("callsPerUnit", 0.0), "reportedLoad.callsPerUnit: was 0, expected");
    }

    private static void rejected(String policy, Map<String, Object> options, String message) {
        assertThatThrownBy(() -> read(policy, Map.of("reportedLoad", options)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("policy." + policy)
                .hasMessageContaining(message);
    }
}
