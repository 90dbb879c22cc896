package dev.zerohop.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a server's faults, its capacity and the control plane do to calls, told apart by known answers. */
class FaultsTest {
    private static PolicyResult run(String servers, String more) throws InterruptedException {
        return Sims.run(
                Sims.scenario(
                        "{\"duration\": \"10s\", \"timeout\": \"1s\", \"arrivals\": {\"rate\": 100, \"process\": \"even\"}, "
                                + "\"demand\": {\"mean\": \"5ms\", \"distribution\": \"constant\"}, \"servers\": ["
                                + servers + "]"
                                + (more.isEmpty() ? "" : ", " + more)
                                + "}"),
                "round_robin",
                1);
    }

    private static String server(String id, String faults) {
        return "{\"id\": \"" + id + "\", \"faults\": [" + faults + "]}";
    }

    @Test
    void withoutAFaultEveryCallTakesItsWork() throws InterruptedException {
        PolicyResult result = run("{\"id\": \"a\"}, {\"id\": \"b\"}", "");
        assertThat(result.calls()).isEqualTo(999);
        assertThat(result.errors()).isZero();
        assertThat(result.latencyMillis(0.5).value()).isEqualTo(5);
        assertThat(result.latencyMillis(0.999).value()).isEqualTo(5);
        assertThat(result.share().get("a")).isCloseTo(0.5, within(0.001));
        assertThat(result.connections().value()).isEqualTo(2);
    }

    @Test
    void whatHangsCostsTheWholeTimeOfTheCaller() throws InterruptedException {
        PolicyResult result = run(server("a", "{\"kind\": \"hang\", \"share\": 0.25}"), Sims.BARE);
        assertThat(result.failures().keySet()).containsExactly("TIMEOUT");
        assertThat(result.errors()).isBetween(200L, 300L);
        assertThat(result.latencyMillis(0.99).value()).isEqualTo(1_000);
    }

    @Test
    void aFailureLowersNoLatency() throws InterruptedException {
        PolicyResult result = run(server("a", "{\"kind\": \"fail\", \"after\": \"0ms\", \"share\": 0.5}"), Sims.BARE);
        assertThat(result.failures().keySet()).containsExactly("ERROR_RESPONSE");
        assertThat(result.errors()).isBetween(430L, 570L);
        assertThat(result.latencyMillis(0.01).value()).isEqualTo(5);
    }

    @Test
    void aBrokenConnectionHasCostTheWorkAndIsRepeatedOnlyIfThatDoesNoHarm() throws InterruptedException {
        String broken = server("a", "{\"kind\": \"break\"}");
        PolicyResult once = run(broken, "\"idempotent\": false");
        assertThat(once.failures()).isEqualTo(Map.of("TRANSPORT_FAILURE", once.calls()));
        assertThat(once.retries()).isZero();
        PolicyResult again = run(broken + ", {\"id\": \"b\"}", "\"idempotent\": true");
        assertThat(again.retries()).isPositive();
        assertThat(again.errors()).isZero();
        // Twice the work of 5 ms for those that were repeated.
        assertThat(again.latencyMillis(1).value()).isEqualTo(10);
    }

    /** Chance decides on each fault, and on each attempt, by itself: two faults of a half leave a quarter, and a third attempt leaves an eighth of the failures. */
    @Test
    void faultsAndAttemptsAreIndependent() throws InterruptedException {
        String half = "{\"kind\": \"fail\", \"share\": 0.5, \"outcome\": \"%s\"}";
        PolicyResult two =
                run(server("a", half.formatted("ERROR_RESPONSE") + ", " + half.formatted("OVERLOADED")), Sims.BARE);
        assertThat(two.errors()).isBetween(690L, 810L);
        assertThat(two.failures().get("OVERLOADED")).isBetween(190L, 310L);
        PolicyResult repeated = run(
                server("a", half.formatted("CONNECT_FAILURE")),
                "\"configuration\": {\"health\": {\"ejection\": {\"connectFailures\": 0, \"consecutiveFailures\": 0}}, "
                        + "\"retry\": {\"maxAttempts\": 3, \"minPerSecond\": 1000}}");
        assertThat(repeated.errors()).isBetween(90L, 160L);
    }

    /** Calls that come while the connection is made wait for the rest of that time. */
    @Test
    void everyCallWaitsForTheConnection() throws InterruptedException {
        PolicyResult result = run("{\"id\": \"a\", \"concurrency\": 100}", "\"network\": {\"connect\": \"95ms\"}");
        // Ten calls begin, 10 ms apart, before the first one is connected; the last waits 5 ms of the 95.
        assertThat(result.latencyMillis(0.9).value()).isCloseTo(5, within(0.02));
        assertThat(result.latencyMillis(1 - 9.5 / 999).value()).isCloseTo(10, within(0.1));
        assertThat(result.latencyMillis(1).value()).isCloseTo(100, within(0.1));
    }

    @Test
    void aPauseHoldsUpWhatIsUnderWayAndWhatComes() throws InterruptedException {
        PolicyResult result =
                run(server("a", "{\"kind\": \"pause\", \"from\": \"1003ms\", \"to\": \"1500ms\"}"), Sims.BARE);
        assertThat(result.errors()).isZero();
        // The call of 1.000 s had worked 3 of its 5 ms when the pause began.
        assertThat(result.latencyMillis(1).value()).isCloseTo(502, within(2.0));
    }

    @Test
    void aSlowServerWorksOnAtItsSpeed() throws InterruptedException {
        PolicyResult result = run(server("a", "{\"kind\": \"slow\", \"speed\": 0.625}"), Sims.BARE);
        assertThat(result.latencyMillis(0.999).value()).isEqualTo(8);
    }

    /** Fifty calls that have come meanwhile share what one could have. */
    @Test
    void aSharedServerGoesOnWithAllAfterAPause() throws InterruptedException {
        PolicyResult result = run(
                "{\"id\": \"a\", \"sharing\": \"processor\", \"faults\": [{\"kind\": \"pause\", \"from\": \"1003ms\", \"to\": \"1500ms\"},"
                        + " {\"kind\": \"slow\", \"speed\": 0.625, \"from\": \"5s\"}]}",
                Sims.BARE);
        assertThat(result.errors()).isZero();
        assertThat(result.latencyMillis(0.25).value()).isCloseTo(5, within(0.02));
        assertThat(result.latencyMillis(0.7).value()).isCloseTo(8, within(0.04));
        assertThat(result.latencyMillis(1).value()).isBetween(700.0, 900.0);
    }

    @Test
    void aSharedServerTakesWhatFitsIntoItAndItsQueue() throws InterruptedException {
        PolicyResult result = run(
                "{\"id\": \"a\", \"sharing\": \"processor\", \"concurrency\": 2, \"queue\": 1, \"faults\": [{\"kind\": \"takes\", \"time\": \"500ms\"}]}",
                Sims.BARE);
        // Three at a time share two places: 750 ms for each three.
        assertThat(result.ok()).isBetween(36L, 42L);
        assertThat(result.latencyMillis(0.5).value()).isBetween(730.0, 760.0);
        assertThat(result.failures()).containsOnlyKeys("OVERLOADED");
    }

    @Test
    void aFullServerAnswersThatItIsOrRefuses() throws InterruptedException {
        String full = "{\"id\": \"a\", \"queue\": 0, \"speed\": 0.1%s}";
        Map<String, Long> overloaded = run(full.formatted(""), Sims.BARE).failures();
        Map<String, Long> refused =
                run(full.formatted(", \"whenFull\": \"refuse\""), Sims.BARE).failures();
        // It takes 50 ms for each, so every fifth is served.
        assertThat(overloaded).isEqualTo(Map.of("OVERLOADED", 799L));
        assertThat(refused).isEqualTo(Map.of("CONNECT_FAILURE", 799L));
    }

    @Test
    void aRefusedConnectionIsTriedElsewhereWithinTheBudget() throws InterruptedException {
        String servers = server("a", "{\"kind\": \"fail\", \"outcome\": \"CONNECT_FAILURE\"}") + ", {\"id\": \"b\"}";
        PolicyResult result = run(
                servers,
                "\"configuration\": {\"health\": {\"ejection\": {\"connectFailures\": 0, \"consecutiveFailures\": 0}}}");
        // 20 % of 100 calls a second and 10 besides, in windows of 10 s that begin with the 100 free ones.
        assertThat(result.retries()).isBetween(280L, 300L);
        // Each call that met the fault was repeated at the other server or failed.
        double met = result.share().get("a") * (result.calls() + result.retries());
        assertThat((double) result.errors()).isCloseTo(met - result.retries(), within(0.001));
    }

    @Test
    void aServerThatAnswersAfterTheDeadlineHasWorkedInVain() throws InterruptedException {
        PolicyResult result = run("{\"id\": \"a\", \"speed\": 0.004}", Sims.BARE);
        // 1.25 s for each, with 1 s to wait.
        assertThat(result.ok()).isZero();
        assertThat(result.failures()).isEqualTo(Map.of("TIMEOUT", result.calls()));
        assertThat(result.inFlightP99().value()).isGreaterThan(900);
    }

    @Test
    void aKilledServerIsReplacedByOthers() throws InterruptedException {
        PolicyResult result = run(
                "{\"id\": \"a\"}, {\"id\": \"b\"}, {\"id\": \"c\"}",
                "\"events\": [{\"at\": \"5s\", \"kill\": [\"a\"], \"noticedAfter\": \"2s\"}]");
        assertThat(result.errors()).isLessThanOrEqualTo(1);
        assertThat(result.share().get("a")).isCloseTo(1.0 / 6, within(0.01));
    }

    @Test
    void anEmptyUpdateIsNotBelieved() throws InterruptedException {
        String empty = "\"events\": [{\"at\": \"2s\", \"empty\": true, \"lasts\": \"5s\"}]";
        assertThat(run("{\"id\": \"a\"}, {\"id\": \"b\"}", empty).errors()).isZero();
        PolicyResult believed =
                run("{\"id\": \"a\"}, {\"id\": \"b\"}", empty + ", \"control\": {\"removals\": \"meant\"}");
        assertThat(believed.failures()).isEqualTo(Map.of("REFUSED", 500L));
    }

    @Test
    void aServerThatJoinsGetsItsShareWhenClientsHearOfIt() throws InterruptedException {
        PolicyResult result = run(
                "{\"id\": \"a\"}",
                "\"control\": {\"delay\": \"1s\"}, \"events\": [{\"at\": \"4s\", \"add\": {\"id\": \"b\"}}]");
        assertThat(result.share().get("b")).isCloseTo(0.25, within(0.005));
    }

    @Test
    void aColdServerIsSlowAtFirst() throws InterruptedException {
        PolicyResult result = run(
                "{\"id\": \"a\"}",
                "\"events\": [{\"at\": \"5s\", \"add\": {\"id\": \"b\", \"warmUp\": {\"time\": \"2s\", \"speed\": 0.5}}}]");
        assertThat(result.latencyMillis(1).value()).isCloseTo(10, within(0.3));
        assertThat(result.latencyMillis(0.5).value()).isCloseTo(5, within(0.02));
    }

    /** Calls take 5 ms and begin every 10 ms, and the server goes 2 ms after its last one began: without time to finish it breaks that. */
    @Test
    void aServerThatFinishesBreaksNoCall() throws InterruptedException {
        String remove = "\"control\": {\"removals\": \"meant\", \"delay\": \"1s\"}, \"events\": [{\"at\": \"1s\", "
                + "\"remove\": [\"a\"], \"worksFor\": \"22ms\"%s}]";
        PolicyResult cut = run(server("a", "") + ", " + server("b", ""), remove.formatted(""));
        PolicyResult finished =
                run(server("a", "") + ", " + server("b", ""), remove.formatted(", \"finishes\": \"5ms\""));
        assertThat(cut.failures()).isEqualTo(Map.of("TRANSPORT_FAILURE", 1L));
        assertThat(finished.failures()).isEmpty();
        // Meanwhile it refuses new ones, which go to the other.
        assertThat(finished.retries()).isPositive();
    }
}
