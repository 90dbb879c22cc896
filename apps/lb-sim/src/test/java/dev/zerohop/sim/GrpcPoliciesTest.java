package dev.zerohop.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** grpc-java's own policies in scenarios whose outcome is known. */
class GrpcPoliciesTest {
    private static Scenario scenario(String servers, String more) {
        return Sims.scenario(
                "{\"duration\": \"10s\", \"timeout\": \"1s\", \"arrivals\": {\"rate\": 100, \"process\": \"even\"}, "
                        + "\"demand\": {\"mean\": \"5ms\", \"distribution\": \"constant\"}, \"servers\": ["
                        + servers + "]" + (more.isEmpty() ? "" : ", " + more) + "}");
    }

    private static PolicyResult run(String policy, String servers, String more) throws InterruptedException {
        return Sims.run(scenario(servers, more), policy, 1);
    }

    private static String faulty(String id, String outcome) {
        return "{\"id\": \"" + id + "\", \"faults\": [{\"kind\": \"fail\", \"outcome\": \"" + outcome + "\"}]}";
    }

    @Test
    void roundRobinIsExactlyEven() throws InterruptedException {
        PolicyResult result = run("grpc:round_robin", "{\"id\": \"s\", \"count\": 3}", "");
        assertThat(result.calls()).isEqualTo(999);
        assertThat(result.errors()).isZero();
        assertThat(result.share().values())
                .allSatisfy(share -> assertThat(share).isEqualTo(1.0 / 3));
        assertThat(result.connections().value()).isEqualTo(3);
    }

    @Test
    void leastRequestSeesCallsUnderWayAndTakesItsOption() throws InterruptedException {
        double two = slowShare("grpc:least_request");
        assertThat(slowShare("grpc:round_robin")).isCloseTo(0.5, within(0.001));
        assertThat(two).isLessThan(0.45);
        assertThat(slowShare("{\"grpc:least_request\": {\"choiceCount\": 10}}")).isLessThan(two - 0.02);
    }

    private static double slowShare(String policy) throws InterruptedException {
        Map<String, Double> share = run(
                        policy,
                        "{\"id\": \"fast\", \"count\": 2}, {\"id\": \"slow\", \"count\": 2, \"speed\": 0.2}",
                        "")
                .share();
        return share.get("slow-0") + share.get("slow-1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"grpc:round_robin", "grpc:least_request", "grpc:weighted_round_robin", "grpc:ring_hash"})
    void aServerThatIsKilledCostsTheCallsThatItHad(String policy) throws InterruptedException {
        PolicyResult result = run(
                policy,
                "{\"id\": \"s\", \"count\": 3}",
                "\"reports\": true, \"network\": {\"latency\": \"1ms\", \"connect\": \"5ms\"}, "
                        + "\"events\": [{\"at\": \"5s\", \"kill\": [\"s-0\"], \"noticedAfter\": \"2s\"}]");
        assertThat(result.errors()).isLessThanOrEqualTo(1);
        assertThat(result.share().get("s-0")).isBetween(0.1, 0.2);
        assertThat(result.connections().value()).isEqualTo(3);
    }

    @Test
    void whereNoServerIsLeftCallsFail() throws InterruptedException {
        PolicyResult result = run(
                "grpc:round_robin",
                "{\"id\": \"a\"}",
                "\"events\": [{\"at\": \"5006ms\", \"kill\": [\"a\"], \"noticedAfter\": \"1h\"}]");
        assertThat(result.ok()).isEqualTo(500);
        assertThat(result.failures()).isEqualTo(Map.of("REFUSED", 499L));
    }

    /** Calls that come before the first connection wait for it, and connections are begun at the start. */
    @Test
    void callsWaitForTheFirstConnection() throws InterruptedException {
        PolicyResult result = run(
                "grpc:least_request", "{\"id\": \"a\", \"concurrency\": 100}", "\"network\": {\"connect\": \"95ms\"}");
        assertThat(result.errors()).isZero();
        // The first call begins after 10 ms.
        assertThat(result.latencyMillis(1).value()).isCloseTo(90, within(0.1));
        assertThat(result.latencyMillis(0.5).value()).isCloseTo(5, within(0.02));
    }

    /** As the channel does it: without a word from the application, once and no more. */
    @Test
    void whatNeverReachedAServerIsTriedOnceMore() throws InterruptedException {
        String good = ", {\"id\": \"good\"}";
        PolicyResult one = run("grpc:round_robin", faulty("a", "CONNECT_FAILURE") + good, "");
        assertThat(one.errors()).isZero();
        assertThat(one.retries()).isEqualTo(999);
        PolicyResult two = run(
                "grpc:round_robin",
                faulty("a", "CONNECT_FAILURE") + ", " + faulty("b", "CONNECT_FAILURE") + good,
                "\"network\": {\"latency\": \"1ms\"}");
        assertThat(two.failures().keySet()).containsExactly("CONNECT_FAILURE");
        assertThat(two.retries()).isLessThan(two.calls());
        assertThat(two.errors()).isBetween(300L, 700L);
    }

    @Test
    void errorsAndBrokenConnectionsEndACall() throws InterruptedException {
        PolicyResult error = run("grpc:round_robin", faulty("a", "ERROR_RESPONSE") + ", {\"id\": \"b\"}", "");
        assertThat(error.failures().get("ERROR_RESPONSE")).isBetween(499L, 500L);
        assertThat(error.retries()).isZero();
        PolicyResult broken = run(
                "grpc:round_robin",
                "{\"id\": \"a\", \"faults\": [{\"kind\": \"break\"}]}, {\"id\": \"b\"}",
                "\"idempotent\": true");
        assertThat(broken.failures().get("TRANSPORT_FAILURE")).isBetween(499L, 500L);
        assertThat(broken.retries()).isZero();
    }

    @Test
    void aServerOnItsWayOutEndsWhatItHasAndGetsNothingNew() throws InterruptedException {
        PolicyResult result = run(
                "grpc:round_robin",
                "{\"id\": \"s\", \"count\": 3}",
                "\"events\": [{\"at\": \"5s\", \"remove\": [\"s-0\"], \"worksFor\": \"2s\"}]");
        assertThat(result.errors()).isZero();
        assertThat(result.share().get("s-0")).isCloseTo(1.0 / 6, within(0.002));
    }

    @Test
    void anEmptyListIsNotBelieved() throws InterruptedException {
        assertThat(run(
                                "grpc:round_robin",
                                "{\"id\": \"s\", \"count\": 3}",
                                "\"events\": [{\"at\": \"2s\", \"empty\": true, \"lasts\": \"5s\"}], "
                                        + "\"control\": {\"removals\": \"meant\"}")
                        .errors())
                .isZero();
    }

    /** gRFC A58: nothing is known for the blackout of 10 s, and a server of half the speed, as busy as the other, then answers half as many calls. */
    @Test
    void weightedRoundRobinGoesByReportsAfterItsBlackout() throws InterruptedException {
        String speeds = "{\"duration\": \"%s\", \"measureFrom\": \"%s\", \"arrivals\": {\"rate\": 200}, "
                + "\"demand\": {\"mean\": \"5ms\"}, \"reports\": true, \"servers\": "
                + "[{\"id\": \"fast\", \"concurrency\": 2}, {\"id\": \"slow\", \"concurrency\": 2, \"speed\": 0.5}]}";
        String policy = "grpc:weighted_round_robin";
        assertThat(slowShare(policy, speeds.formatted("10s", "0s"))).isCloseTo(0.5, within(0.001));
        assertThat(slowShare(policy, speeds.formatted("60s", "20s"))).isCloseTo(1.0 / 3, within(0.02));
        assertThat(slowShare(
                        "{\"grpc:weighted_round_robin\": {\"blackoutPeriod\": \"1s\"}}", speeds.formatted("10s", "5s")))
                .isCloseTo(1.0 / 3, within(0.05));
    }

    private static double slowShare(String policy, String scenario) throws InterruptedException {
        return Sims.run(Sims.scenario(scenario), policy, 1).share().getOrDefault("slow", 0.0);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"grpc:pick_first\" | was \"grpc:pick_first\", expected one of grpc:least_request, grpc:ring_hash",
                "{\"grpc:round_robin\": {\"a\": 1}} | grpc:round_robin.a: was 1, expected no field here",
                "{\"grpc:least_request\": {\"choiceCount\": 1}} | grpc:least_request.choiceCount: was 1, expected an"
                        + " integer from 2 to 10",
                "{\"grpc:least_request\": {\"choiceCount\": 11}} | grpc:least_request.choiceCount: was 11, expected an"
                        + " integer from 2 to 10",
                "{\"grpc:ring_hash\": {\"minRingSize\": 4097}} | grpc:ring_hash.minRingSize: was 4097, expected an"
                        + " integer from 1 to 4096",
                "{\"grpc:ring_hash\": {\"maxRingSize\": 100}} | grpc:ring_hash.maxRingSize: was 100, expected an"
                        + " integer from 1024 to 4096",
                "{\"grpc:weighted_round_robin\": {\"enableOobLoadReport\": true}} | .enableOobLoadReport: was true,"
                        + " expected a known field",
                "{\"grpc:weighted_round_robin\": {\"blackoutPeriod\": \"10\"}} | .blackoutPeriod: was \"10\", expected"
                        + " what grpc-java reads (Invalid duration string: 10)"
            })
    void badOptionsAreRejected(String policy, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> scenario("{\"id\": \"a\"}", "\"policies\": [\"random\", " + policy + "]"))
                .withMessageStartingWith("policies[1]")
                .withMessageContaining(message);
    }

    @Test
    void theyAreNamedAsOthersAre() {
        Scenario scenario = scenario(
                "{\"id\": \"a\"}",
                "\"policies\": [\"grpc:round_robin\", {\"grpc:least_request\": {\"choiceCount\": 3}}]");
        assertThat(scenario.policies())
                .extracting(Policy::name)
                .containsExactly("grpc:round_robin", "{\"grpc:least_request\":{\"choiceCount\":3}}");
    }
}
