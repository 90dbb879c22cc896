package dev.zerohop.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The oracle that others are compared with. */
class IdealShortestQueueTest {
    private static final String ORACLE = "ideal_shortest_queue";

    private static Scenario scenario(int servers, int clients, double rate) {
        return Sims.scenario(String.format(Locale.ROOT, """
                {"duration": "1000s", "measureFrom": "50s", "timeout": "1h", "arrivals": {"rate": %f}, "demand": {"mean": "10ms"},
                 "servers": [{"id": "s", "count": %d}], "clients": {"count": %d}, %s}""", rate, servers, clients, Sims.BARE));
    }

    /** Two queues of exponential service, and each call joins the shorter one: the mean time in services, from the balance equations of its Markov chain, solved numerically. Thirty clients are as good as one. */
    @ParameterizedTest
    @CsvSource({"0.5, 1, 1.4263", "0.8, 1, 2.9557", "0.8, 30, 2.9557", "0.9, 30, 5.4749"})
    void theShorterOfTwoQueuesIsAsGoodAsItIsKnownToBe(double load, int clients, double expected) throws Exception {
        PolicyResult result = Sims.run(scenario(2, clients, 200 * load), ORACLE, 1, 2, 3, 4);
        assertThat(result.meanLatencyMillis().value() / 10).isCloseTo(expected, within(0.02 * expected));
    }

    /** It counts what is on the way too: all of these calls leave before the first one arrives. */
    @Test
    void callsOnTheWayCount() throws Exception {
        Map<String, Double> share = Sims.run(Sims.scenario("""
                {"duration": "11ms", "timeout": "1s", "arrivals": {"rate": 1000, "process": "even"}, "clients": {"count": 10},
                 "servers": [{"id": "s", "count": 10}], "network": {"latency": "20ms"}}"""), ORACLE, 1).share();
        assertThat(share.values()).hasSize(10).allMatch(each -> each == 0.1);
    }

    /** A call that its caller has given up is in the queue all the same, until the server is through with it. */
    @Test
    void callsThatWereGivenUpCountWhileTheServerHasThem() throws Exception {
        PolicyResult result = Sims.run(Sims.scenario("""
                {"duration": "10s", "measureFrom": "1s", "timeout": "100ms", "arrivals": {"rate": 100, "process": "even"},
                 "demand": {"mean": "1ms", "distribution": "constant"}, "clients": {"count": 3},
                 "servers": [{"id": "slow", "faults": [{"kind": "takes", "time": "1h"}]}, {"id": "good"}], %s}""".formatted(Sims.BARE)), ORACLE, 1);
        assertThat(result.share().get("slow")).isZero();
        assertThat(result.errors()).isZero();
    }

    @Test
    void aRepeatedCallGoesElsewhere() throws Exception {
        PolicyResult result = Sims.run(Sims.scenario("""
                {"duration": "10s", "arrivals": {"rate": 10}, "servers": [{"id": "a", "faults": [{"kind": "fail", "outcome": "CONNECT_FAILURE"}]}, {"id": "b", "concurrency": 10}],
                 "configuration": {"health": {"ejection": {"connectFailures": 0, "consecutiveFailures": 0}}, "retry": {"minPerSecond": 1000}}}"""), ORACLE, 1);
        assertThat(result.retries()).isPositive();
        assertThat(result.errors()).isZero();
    }

    @Test
    void itIsNamedInAScenarioAndHasNoOptions() {
        String members =
                "{\"duration\": \"1s\", \"arrivals\": {\"rate\": 1}, \"servers\": [{\"id\": \"a\"}], \"policies\": [\"random\", %s]}";
        assertThat(Sims.scenario(members.formatted("\"ideal_shortest_queue\"")).policies())
                .extracting(Policy::name)
                .containsExactly("random", ORACLE);
        assertThat(Sims.scenario(members.formatted("{\"ideal_shortest_queue\": {}}"))
                        .policies())
                .hasSize(2);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Sims.scenario(members.formatted("{\"ideal_shortest_queue\": {\"x\": 1}}")))
                .withMessageContaining("policies[1].ideal_shortest_queue.x: was 1, expected");
    }
}
