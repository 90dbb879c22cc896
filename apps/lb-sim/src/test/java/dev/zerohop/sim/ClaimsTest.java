package dev.zerohop.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code docs/simulations.md} claims of policies, by the scenarios that ship. */
class ClaimsTest {
    private static final String BY_REPORTS = "{\"least_request\": {\"reportedLoad\": {}}}";

    private static Map<String, PolicyResult> run(String scenario, List<Long> seeds, String... policies)
            throws InterruptedException {
        Scenario shipped = Sims.shipped(scenario);
        List<Policy> compared = new ArrayList<>();
        for (String policy : policies) {
            compared.add(shipped.policy(policy));
        }
        Map<String, PolicyResult> results = new LinkedHashMap<>();
        for (PolicyResult result : Comparison.run(shipped, compared, seeds, 2, (runs, of) -> {})) {
            results.put(result.policy(), result);
        }
        return results;
    }

    private static double p99(PolicyResult result) {
        return result.latencyMillis(0.99).value();
    }

    /** Up to 1.14 times what is allotted to the servers. */
    @Test
    void prequalIsNearTheShortestQueueOfAllAndAheadOfPeers() throws InterruptedException {
        int phases = 5;
        Map<String, PolicyResult> results = run(
                "antagonists",
                List.of(1L),
                "ideal_shortest_queue",
                "prequal",
                "grpc:round_robin",
                "grpc:least_request",
                "grpc:weighted_round_robin");
        List<PhaseResult> oracle = results.remove("ideal_shortest_queue").phases();
        List<PhaseResult> prequal = results.remove("prequal").phases();
        assertThat(results).hasSize(3);
        for (int phase = 0; phase < phases; phase++) {
            double ours = prequal.get(phase).latencies().median(LatencyFigure.P99);
            assertThat(ours)
                    .as("phase %d", phase)
                    .isLessThan(1.5 * oracle.get(phase).latencies().median(LatencyFigure.P99));
            for (PolicyResult peer : results.values()) {
                assertThat(peer.phases().get(phase).latencies().median(LatencyFigure.P99))
                        .as("%s in phase %d", peer.policy(), phase)
                        .isGreaterThan(ours);
            }
        }
    }

    @Test
    void prequalIsAsGoodForManySmallClients() throws InterruptedException {
        double hundred = p99(run("clients-100", List.of(1L), "prequal").get("prequal"));
        double thousand = p99(run("clients-1000", List.of(1L), "prequal").get("prequal"));
        assertThat(thousand).isLessThan(2 * hundred);
    }

    /** The order at 90 % load in Wydrowski et al., "Load is not what you should balance: Introducing Prequal" (2024), of those of its policies that are here. */
    @Test
    void policiesStandInThePublishedOrder() throws InterruptedException {
        Map<String, PolicyResult> results = run(
                "clients-100",
                List.of(1L),
                "round_robin",
                "{\"weighted_round_robin\": {\"reportedLoad\": {}}}",
                "least_request",
                BY_REPORTS,
                "prequal");
        assertThat(results.values().stream().map(ClaimsTest::p99))
                .isSortedAccordingTo((a, b) -> Double.compare(b, a))
                .doesNotHaveDuplicates();
    }

    @Test
    void aServerThatIsWellAgainSoonHasItsShare() throws InterruptedException {
        for (FairShare share : run("black-hole-recovery", List.of(1L, 2L, 3L), "prequal")
                .get("prequal")
                .fairShares()) {
            assertThat(share.server()).isEqualTo("faulty");
            assertThat(share.never()).isZero();
            assertThat(share.seconds()).isLessThanOrEqualTo(10);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"round_robin", "least_request", "peak_ewma", "prequal"})
    void noCallFailsInARollingUpdateOfWhichTheSourceLosesHalfAMinute(String policy) throws InterruptedException {
        PolicyResult result = run("rolling-update-empty", List.of(1L), policy).get(policy);
        assertThat(result.failures()).isEmpty();
        assertThat(result.ok()).isEqualTo(result.calls());
    }
}
