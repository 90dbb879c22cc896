package dev.zerohop.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Where the arrivals have phases, each has results of its own. */
class PhasesTest {
    /** 5 ms a call: 100 calls a second leave it idle, and of 400 it can do half; the last phase begins with its queue. */
    private static final String RAMP = """
            {"duration": "6s", "measureFrom": "%s", "timeout": "200ms", "demand": {"mean": "5ms", "distribution": "constant"},
             "arrivals": {"rate": 100, "process": "even", "phases": [{"at": "2s", "rate": 400}, {"at": "4s", "rate": 50}]},
             "servers": [{"id": "a", "queue": 10}], %s}""";

    private static PolicyResult run(String measureFrom) throws InterruptedException {
        return Sims.run(Sims.scenario(RAMP.formatted(measureFrom, Sims.BARE)), "random", 1, 2);
    }

    @Test
    void eachPhaseHasItsOwn() throws Exception {
        PolicyResult result = run("0s");
        List<PhaseResult> phases = result.phases();
        assertThat(phases).extracting(PhaseResult::fromSeconds).containsExactly(0.0, 2.0, 4.0);
        assertThat(phases).extracting(PhaseResult::perSecond).containsExactly(100.0, 400.0, 50.0);
        assertThat(phases.stream().mapToLong(PhaseResult::calls).sum()).isEqualTo(result.calls());
        // Two seeds of even arrivals.
        assertThat(phases.get(0).calls()).isEqualTo(2 * 199);
        assertThat(phases.get(1).calls()).isEqualTo(2 * 799);
        assertThat(phases.get(0).errors()).isZero();
        assertThat(phases.get(1).errors()).isCloseTo(799L, within(25L)).isEqualTo(result.errors());
        assertThat(phases.get(2).errors()).isZero();
        assertThat(phases.get(0).latencies().mean(LatencyFigure.P999).value()).isEqualTo(5);
        // The one in work and ten that wait.
        assertThat(phases.get(1).latencies().mean(LatencyFigure.P50).value()).isCloseTo(54, within(1.5));
        assertThat(phases.get(2).latencies().mean(LatencyFigure.P50).value()).isCloseTo(5, within(0.02));
    }

    @Test
    void whatWasBeforeTheMeasurementIsNotListed() throws Exception {
        assertThat(run("2s").phases()).extracting(PhaseResult::fromSeconds).containsExactly(2.0, 4.0);
        List<PhaseResult> cut = run("3s").phases();
        assertThat(cut).extracting(PhaseResult::fromSeconds).containsExactly(2.0, 4.0);
        assertThat(cut.get(0).calls()).isEqualTo(2 * 400);
    }

    @Test
    void theyStandInTheAnswerWhereThereAreSeveral() throws Exception {
        PolicyResult result = run("0s");
        Scenario scenario = Sims.scenario(RAMP.formatted("0s", Sims.BARE));
        assertThat(Answers.json(scenario, List.of(1L, 2L), List.of(result, result)))
                .contains("\"phases\":[{\"from\":0,\"rate\":100,\"calls\":398,\"errors\":0,\"latencyMs\":{\"p50\":5,")
                .contains(",{\"from\":2,\"rate\":400,\"calls\":1598,");
        Scenario even =
                Sims.scenario("{\"duration\": \"1s\", \"arrivals\": {\"rate\": 9}, \"servers\": [{\"id\": \"a\"}]}");
        PolicyResult plain = Sims.run(even, "random", 1);
        assertThat(plain.phases()).isEmpty();
        assertThat(Answers.json(even, List.of(1L), List.of(plain))).doesNotContain("phases");
    }

    @Test
    void thereAreNotTooMany() {
        String phases = IntStream.rangeClosed(1, 1_001)
                .mapToObj(i -> "{\"at\": \"" + i + "ms\", \"rate\": 1}")
                .collect(Collectors.joining(",", "[", "]"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Sims.scenario("{\"duration\": \"9s\", \"arrivals\": {\"rate\": 9, \"phases\": "
                        + phases + "}, \"servers\": [{\"id\": \"a\"}]}"))
                .withMessageContaining("arrivals.phases: was a list, expected at most 1000 phases");
    }
}
