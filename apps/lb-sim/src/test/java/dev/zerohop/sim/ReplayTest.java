package dev.zerohop.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.zerohop.Outcome;
import dev.zerohop.stage.Slice;
import dev.zerohop.stage.Subset;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplayTest {
    private static final String SCENARIO = """
            {"duration": "4s", "measureFrom": "1s", "timeout": "1s", "arrivals": {"rate": 100, "phases": [{"at": "2s", "rate": 300}]},
             "demand": {"mean": "20ms", "distribution": "uniform", "spread": "10ms"}, "clients": {"count": 3},
             "servers": [{"id": "a", "concurrency": 100000, "queue": 7, "weight": 2},
                         {"id": "b", "count": 2, "concurrency": 100000, "faults": [
                            {"kind": "takes", "time": "2s", "from": "1s", "to": "3s"}, {"kind": "fail", "after": "5ms"},
                            {"kind": "fail", "outcome": "OVERLOADED"}]}],
             "configuration": {"retry": {"maxAttempts": 1}}}""";

    private static Replay replay(String json) {
        return Replay.of(Sims.scenario(json));
    }

    @Test
    void serversAreThoseOfTheScenario() {
        assertThat(replay(SCENARIO).backends())
                .contains(new Replay.Backend("a", 2, 100_000, 7, List.of()))
                .extracting(Replay.Backend::id)
                .containsExactly("a", "b-0", "b-1");
        assertThat(replay(SCENARIO).backends().get(2).faults())
                .containsExactly(
                        new Replay.BackendFault(Replay.Effect.TAKES, Times.SECOND, 3 * Times.SECOND, 2 * Times.SECOND),
                        new Replay.BackendFault(Replay.Effect.ERROR, 0, Long.MAX_VALUE, 5_000_000),
                        new Replay.BackendFault(Replay.Effect.OVERLOADED, 0, Long.MAX_VALUE, 1_000_000));
    }

    /** The log of a simulation says when each call began and ended, at servers that have a place for each. */
    @Test
    void callsAreThoseOfASimulation() throws InterruptedException {
        String healthy = SCENARIO.replace("\"kind\": \"takes\", \"time\": \"2s\"", "\"kind\": \"slow\", \"speed\": 1")
                .replace("{\"kind\": \"fail\", \"after\": \"5ms\"},", "")
                .replace("{\"kind\": \"fail\", \"outcome\": \"OVERLOADED\"}", "{\"kind\": \"slow\", \"speed\": 1}");
        Scenario scenario = Sims.scenario(healthy);
        ByteArrayOutputStream log = new ByteArrayOutputStream();
        Comparison.log(scenario, scenario.policy("random"), 7, log);
        Map<String, Long> begun = new HashMap<>();
        List<Replay.PlannedCall> simulated = new ArrayList<>();
        Map<String, Integer> places = new HashMap<>();
        for (String line : log.toString(StandardCharsets.UTF_8).lines().skip(1).toList()) {
            String[] words = line.split(" ");
            long at = Long.parseLong(words[0]);
            if (words[1].equals("pick")) {
                begun.put(words[2], at);
                places.put(words[2], simulated.size());
                simulated.add(new Replay.PlannedCall(at, Integer.parseInt(words[3]), 0));
            } else {
                int place = places.get(words[2]);
                Replay.PlannedCall call = simulated.get(place);
                simulated.set(place, new Replay.PlannedCall(call.atNanos(), call.client(), at - begun.get(words[2])));
            }
        }
        Replay.Calls calls = Replay.of(Sims.scenario(SCENARIO)).calls(7);
        List<Replay.PlannedCall> planned = new ArrayList<>();
        for (Replay.PlannedCall call = calls.next(); call != null; call = calls.next()) {
            planned.add(call);
        }
        assertThat(planned).hasSizeGreaterThan(600).isEqualTo(simulated);
    }

    @Test
    void aConfigurationIsThatOfTheScenarioWithThePolicy() {
        Scenario scenario = Sims.scenario(SCENARIO);
        Replay replay = Replay.of(scenario);
        assertThat(replay.configuration(scenario.policy("random"), 0))
                .isEqualTo(Map.of("policy", "random", "retry", Map.of("maxAttempts", 1.0)));
        assertThat(replay.configuration(scenario.policy("{\"peak_ewma\": {\"decay\": \"5s\"}}"), 0))
                .containsEntry("policy", Map.of("peak_ewma", Map.of("decay", "5s")));
    }

    @Test
    void eachClientHasASliceOfItsOwn() {
        Scenario scenario = Sims.scenario(SCENARIO.replace(
                "\"configuration\": {",
                "\"configuration\": {\"stages\": {\"subset\": {\"size\": 1, \"clients\": 3}}, "));
        Policy policy = scenario.policy("random");
        for (int client = 0; client < 3; client++) {
            assertThat(Replay.of(scenario).configuration(policy, client).get("stages"))
                    .isEqualTo(Map.of("subset", Map.of("size", 1.0, "clients", 3.0, "client", (double) client)));
            assertThat(Replay.settings(policy, client).stages())
                    .filteredOn(Subset.class::isInstance)
                    .extracting(stage -> ((Subset) stage).slice())
                    .containsExactly(new Slice(client, 3));
        }
    }

    @Test
    void callsAreCountedByTheRulesOfASimulation() {
        Scenario scenario = Sims.scenario(SCENARIO);
        Replay replay = Replay.of(scenario);
        Recording recording = replay.newRecording();
        Replay.PlannedCall early = new Replay.PlannedCall(999_999_999, 0, 1);
        Replay.PlannedCall counted = new Replay.PlannedCall(Times.SECOND, 2, 1);
        recording.attempted(early, 0, false);
        recording.ended(early, Outcome.ERROR_RESPONSE, 1, 0);
        recording.attempted(counted, 1, false);
        recording.attempted(counted, 0, true);
        recording.ended(counted, Outcome.SUCCESS, 20_000_000, 0);
        recording.attempted(counted, 1, false);
        recording.ended(counted, Outcome.TIMEOUT, 7 * Times.SECOND, 1);
        recording.attempted(counted, 1, false);
        recording.ended(counted, Outcome.ERROR_RESPONSE, 1, 1);
        recording.ended(counted, null, 1, -1);
        recording.probed(12);
        PolicyResult result = replay.result(scenario.policy("random"), List.of(1L), List.of(recording));
        assertThat(result.calls()).isEqualTo(4);
        assertThat(result.ok()).isEqualTo(1);
        assertThat(result.failures()).isEqualTo(Map.of("TIMEOUT", 1L, "ERROR_RESPONSE", 1L, "REFUSED", 1L));
        assertThat(result.retries()).isEqualTo(1);
        assertThat(result.share()).isEqualTo(Map.of("a", 0.25, "b-0", 0.75, "b-1", 0.0));
        assertThat(result.connections().value()).isEqualTo(3);
        assertThat(result.probes().value()).isEqualTo(12);
        // That out of time counts with its deadline, and what failed otherwise has no latency.
        assertThat(result.meanLatencyMillis().value()).isEqualTo(510);
        assertThat(result.latencyMillis(1).value()).isEqualTo(1_000);
        assertThat(recording.failuresByServer()).isEqualTo(Map.of("a", 0L, "b-0", 2L, "b-1", 0L));
        assertThat(result.inFlightP99().value()).isNaN();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"takes\", \"time\": \"2s\" | \"hang\" | servers[1].faults[0].kind: was \"hang\", expected fail or takes",
                "\"OVERLOADED\" | \"CONNECT_FAILURE\" | servers[1].faults[2].outcome: was \"CONNECT_FAILURE\", expected ERROR_RESPONSE or",
                "\"after\": \"5ms\" | \"share\": 0.5 | servers[1].faults[1].share: was 0.5, expected 1",
                "\"queue\": 7 | \"speed\": 2 | servers[0].speed: was 2, expected 1",
                "\"queue\": 7 | \"warmUp\": {\"time\": \"3s\"} | servers[0].warmUp.time: was \"3s\", expected no warm-up",
                "\"queue\": 7 | \"whenFull\": \"refuse\" | servers[0].whenFull: was \"refuse\", expected overloaded",
                "\"queue\": 7 | \"antagonist\": {} | servers[0].antagonist: was an object, expected none",
                "\"queue\": 7 | \"zone\": \"z\" | servers[0].zones: was a list, expected none",
                "\"count\": 3 | \"zones\": [\"z\"] | clients.zones: was a list, expected none",
                "\"count\": 3 | \"startWithin\": \"1s\" | clients.startWithin: was \"1s\", expected none",
                "\"clients\" | \"idempotent\": true, \"clients\" | idempotent: was true, expected false",
                "\"clients\" | \"keys\": {\"count\": 9}, \"clients\" | keys.count: was 9, expected no keys",
                "\"clients\" | \"control\": {\"shards\": 9}, \"clients\" | control.shards: was 9, expected none",
                "\"clients\" | \"events\": [{\"at\": \"1s\", \"kill\": [\"a\"]}], \"clients\" | events: were 1, expected none"
            })
    void whatOnlyASimulationCanDoIsRejected(String text, String by, String message) {
        String json = SCENARIO.replace(text, by);
        assertThatIllegalArgumentException().isThrownBy(() -> replay(json)).withMessageContaining(message);
    }
}
