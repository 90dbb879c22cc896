package dev.zerohop.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

/** What is compared, and what stands in the answers where there is nothing to compare. */
class ComparisonTest {
    private static final String FEW = """
            {"duration": "2s", "timeout": "1s", "arrivals": {"rate": 100}, "servers": [{"id": "a"}, {"id": "b"}]%s}""";

    private static final List<Long> SEEDS = List.of(1L, 2L);

    private static List<PolicyResult> run(Scenario scenario, String... policies) throws InterruptedException {
        List<Policy> named = Stream.of(policies).map(scenario::policy).toList();
        return Comparison.run(scenario, named, SEEDS, 2, (runs, of) -> {});
    }

    @Test
    void aPolicyNamedTwiceHasTwoResults() throws InterruptedException {
        Scenario scenario = Sims.scenario(FEW.formatted(""));
        List<PolicyResult> results = run(scenario, "random", "least_request", "random");
        assertThat(results).extracting(PolicyResult::policy).containsExactly("random", "least_request", "random");
        assertThat(results.get(0).calls()).isEqualTo(results.get(2).calls());
        assertThat(results.get(0).meanLatencyMillis()).isEqualTo(results.get(2).meanLatencyMillis());
        assertThat(Answers.csv(results).lines()).hasSize(1 + 3 * SEEDS.size());
    }

    @Test
    void callsThatFailAreNotFast() throws InterruptedException {
        Scenario scenario = Sims.scenario("""
                {"duration": "2s", "arrivals": {"rate": 100}, "servers": [{"id": "a", "faults": [{"kind": "fail"}]}]}""");
        List<PolicyResult> results = run(scenario, "random", "round_robin");
        PolicyResult result = results.get(0);
        assertThat(result.ok()).isZero();
        assertThat(result.latencyMillis(0.99).value()).isNaN();
        assertThat(result.meanLatencyMillis().value()).isNaN();
        assertThat(result.timeline().quantile(3, 0.99)).isNaN();
        assertThat(Answers.json(scenario, SEEDS, results))
                .contains("\"latencyMs\":{\"p50\":null,\"p90\":null,\"p99\":null,\"p999\":null,\"mean\":null}");
        assertThat(Answers.csv(results)).contains(",0,,,,,,");
    }

    @Test
    void anInterruptEndsARun() {
        Scenario scenario = Sims.scenario("""
                {"duration": "24h", "arrivals": {"rate": 10000}, "servers": [{"id": "a", "count": 100}]}""");
        Future<RunResult> run = OneThread.start(() -> {
            Thread.currentThread().interrupt();
            return new Simulation(scenario, scenario.policy("random"), 1, null).run();
        });
        Assertions.assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(run::get)
                .withCauseInstanceOf(CancellationException.class);
    }
}
